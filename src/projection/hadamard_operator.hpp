// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "projection/operator.hpp"

#include <vector>

namespace bochner::projections {

/// Padded sizes below this use an exact Haar block: there three rounds are measurably biased.
inline constexpr Index kSmallestHadamard = 16;

/// The smallest power of two that is at least dim.
Index padded_to_power_of_two(Index dim);

/// Signs, Walsh-Hadamard transforms and radii, never a matrix: O(rows m log p).
template <Scalar T>
class HadamardOperator final : public ProjectionOperator<T> {
 public:
  HadamardOperator(const HadamardProjection& projection, const FrequencyLaw& law, double factor);

  Index scratch_size() const noexcept override;
  void apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
             T* scratch) const noexcept override;
  void apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                       T* scratch) const noexcept override;

 private:
  Index dim_;
  Index padded_;
  Index num_frequencies_;
  Index rounds_;
  Matrix<T> signs_;       ///< (blocks * rounds) x padded
  std::vector<T> radii_;  ///< with the transforms' normalisation and the factor; padded
  Matrix<T> transposed_;  ///< the factors of the transpose, in its order: radii, then signs
};

}  // namespace bochner::projections
