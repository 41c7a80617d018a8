// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "projection/operator.hpp"

namespace bochner::projections {

/// Frequencies held as a matrix, packed both ways: O(rows m d).
template <Scalar T>
class DenseOperator final : public ProjectionOperator<T> {
 public:
  DenseOperator(const Matrix<double>& frequencies, double factor);

  Index scratch_size() const noexcept override { return 0; }
  void apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
             T* scratch) const noexcept override;
  void apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                       T* scratch) const noexcept override;
  Matrix<double> rows() const override;

 private:
  Index dim_;
  Index num_frequencies_;
  Matrix<T> packed_;             ///< of W^T, dim x num_frequencies
  Matrix<T> packed_transposed_;  ///< of W
};

}  // namespace bochner::projections
