// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/stage.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace bochner::feature_functions {

/// Features that are products of projections, 2^weight prod p. A row's exponent puts its largest
/// feature into [1/2, 1); products are taken in double over projections that are at most one.
template <Scalar T>
class ProductStage : public FeatureStage<T> {
 public:
  Index num_features() const noexcept override { return num_features_; }
  Index work_columns() const noexcept override {
    return projection_column() + layout_->num_projections();
  }
  Index projection_column() const noexcept override { return simd::padded<T>(num_features_); }
  bool exponential() const noexcept override { return false; }
  void features(T* block, Index ld, Index rows, const double* log_amplitude,
                std::int32_t* exponent) const noexcept override;
  void pull(T* block, Index ld, Index rows, const double* log_amplitude, const T* dphi,
            Index lddphi, T* dp, Index lddp, double* damplitude) const noexcept override;

 protected:
  /// Columns [first, last) of a level, all of whose features have the same number of factors.
  struct Run {
    Index first = 0;
    Index last = 0;
    Index degree = 0;
    double log_weight = 0.0;  ///< base 2; -infinity for features that are 0
  };

  ProductStage(std::shared_ptr<const ProductLayout> layout, std::vector<Run> runs);

  const ProductLayout& layout() const noexcept { return *layout_; }

  /// out[feature] = scale prod p / 2^e over a run, p a row of projections; returns the largest.
  virtual double multiply(const Run& run, const T* p, double unit, double scale,
                          T* out) const noexcept = 0;
  /// The cotangents of a run's projections.
  virtual void pull_run(const Run& run, const T* p, double unit, double scale, const T* dphi,
                        T* dp) const noexcept = 0;

 private:
  /// p / 2^e is at most one, 2^e = 1 / unit; a feature is prod (p unit) 2^(log_weight + degree e).
  struct RowScale {
    double unit = 1.0;
    double exponent = 0.0;
  };
  RowScale row_scale(const T* p) const noexcept;
  double run_scale(const Run& run, const RowScale& row, double log_amplitude,
                   double exponent) const noexcept;

  std::shared_ptr<const ProductLayout> layout_;
  Index num_features_;
  std::vector<Run> runs_;
};

/// Columns whose products are taken together.
inline constexpr Index kProductChunk = 64;
using ProductChunk = std::array<double, kProductChunk>;

/// Calls body(first, count) for the columns [first, last), a chunk at a time.
template <class Body>
void for_chunks(Index first, Index last, const Body& body) {
  for (; first < last; first += kProductChunk) {
    body(first, std::min(kProductChunk, last - first));
  }
}

}  // namespace bochner::feature_functions
