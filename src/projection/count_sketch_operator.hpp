// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "projection/fourier.hpp"
#include "projection/operator.hpp"

#include <vector>

namespace bochner::projections {

/// Fourier transforms of count sketches, O(rows levels (d + m log m)). The columns of a sketch of D
/// buckets are the real parts of its transform at 0, ..., D / 2, then the imaginary parts at 1,
/// ..., D / 2 - 1.
template <Scalar T>
class CountSketchOperator final : public ProjectionOperator<T> {
 public:
  CountSketchOperator(const FrequencyLaw& law, double factor);

  Index scratch_size() const noexcept override;
  void apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
             T* scratch) const noexcept override;
  void apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                       T* scratch) const noexcept override;

 private:
  /// Where a coordinate goes, and its sign times the factor.
  struct Place {
    Index bucket;
    T sign;
  };
  /// One sketch: of one level and one binary digit of the columns.
  struct Sketch {
    Index column;   ///< first of its columns
    Index buckets;  ///< a power of two
    std::vector<Place> places;
  };

  Index dim_;
  Index largest_;                           ///< buckets
  std::vector<std::vector<Sketch>> pairs_;  ///< one or two sketches of one size each
  FourierTransform<T> transform_;
};

}  // namespace bochner::projections
