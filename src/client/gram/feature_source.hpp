// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"
#include "core/door.hpp"
#include "feature_map/block.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// \file
/// The features of a Gram matrix, block by block: kept, or recomputed.

namespace bochner::gram {

/// n rows of D features with their exponents, in blocks of 64 counted from the first.
template <Scalar T>
class FeatureSource {
 public:
  /// One worker's scratch space.
  class Workspace {
   public:
    explicit Workspace(const FeatureSource& source);

   private:
    friend class FeatureSource;
    std::optional<feature_map::BlockWorkspace<T>> map_;
    Matrix<T> x_;
    Matrix<T> phi_;
    std::array<std::int32_t, simd::kBlockRows> exponent_{};
  };

  /// Rows in the engine's layout, leading dimension ld(); padding is zero.
  struct Block {
    Index first = 0;
    Index rows = 0;
    const T* phi = nullptr;
    const std::int32_t* exponent = nullptr;
  };

  /// Throws InvalidArgument when a row has no features. They are kept if that takes no more than
  /// `memory` bytes; if not, a copy of x is.
  FeatureSource(const FeatureMap<T>& map, MatrixView<const T> x, Index memory,
                const Execution& execution);
  /// The rows of a factor, each with a power of two of its own.
  template <Scalar From>
  explicit FeatureSource(MatrixView<const From> factor);
  /// The rows of `from` less `mean`, D numbers with their power of two multiplied in. Differences
  /// are taken in double before they are narrowed: what rows have in common costs the rest no
  /// digits. Kept if those of `from` are.
  FeatureSource(const FeatureSource& from, std::vector<double> mean);

  Index size() const noexcept { return static_cast<Index>(exponent_.size()); }
  Index num_features() const noexcept { return num_features_; }
  Index ld() const noexcept { return simd::padded<T>(num_features_); }
  bool stored() const noexcept { return phi_.size() > 0; }
  Index bytes() const noexcept;
  /// The largest exponent.
  std::int32_t max_exponent() const noexcept { return max_exponent_; }
  const std::int32_t* exponents() const noexcept { return exponent_.data(); }

  Block block(Index index, Workspace& workspace) const;
  /// The rows which[0], which[1], ..., at most 64.
  Block gather(std::span<const Index> which, Workspace& workspace) const;
  std::vector<Workspace> workspaces(Index num_blocks, const Execution& execution) const;

 private:
  void subtract_mean(T* phi, std::int32_t from, std::int32_t to) const;

  std::optional<FeatureMap<T>> map_;
  Index num_features_;
  Matrix<T> x_;
  Matrix<T> phi_;
  std::vector<std::int32_t> exponent_;
  std::int32_t max_exponent_ = 0;
  std::vector<double> mean_;  ///< still to be subtracted from what the map gives; or empty
};

/// The products of T are exact, their sum is in double.
template <Scalar T>
double inner_product(const T* a, const T* b, Index n) {
  double sum = 0.0;
  for (Index j = 0; j < n; ++j) sum += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  return sum;
}

/// product 2^exponent, the entry (i, j). Throws InvalidArgument when it overflows.
double finite_entry(const Door& door, double product, std::int64_t exponent, Index i, Index j);

extern template class FeatureSource<float>;
extern template class FeatureSource<double>;

}  // namespace bochner::gram
