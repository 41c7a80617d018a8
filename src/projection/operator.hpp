// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/projection/projection.hpp"
#include "projection/sampling.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>

/// \file
/// Frequencies as an operator on blocks of rows in the engine's layout.

namespace bochner {

template <Scalar T>
class ProjectionOperator {
 public:
  ProjectionOperator() = default;
  ProjectionOperator(const ProjectionOperator&) = delete;
  ProjectionOperator& operator=(const ProjectionOperator&) = delete;
  virtual ~ProjectionOperator() = default;

  /// Elements of scratch space that `apply` and `apply_transpose` need, 64-byte aligned.
  virtual Index scratch_size() const noexcept = 0;
  /// out (rows x num_frequencies) = factor x W^T for x rows x dim.
  virtual void apply(const T* x, Index ldx, Index rows, T* out, Index ldo,
                     T* scratch) const noexcept = 0;
  /// out (rows x dim) = factor y W for y rows x num_frequencies.
  virtual void apply_transpose(const T* y, Index ldy, Index rows, T* out, Index ldo,
                               T* scratch) const noexcept = 0;
  /// factor W as rows where it is held as a matrix; empty where it is a fast transform.
  virtual Matrix<double> rows() const { return {}; }
};

/// One draw of the frequencies, for all the maps that share it.
class FrequencyDraw {
 public:
  FrequencyDraw(const Projection& projection, const FrequencyLaw& law);

  /// The frequencies times `factor`, as an operator.
  template <Scalar T>
  std::unique_ptr<const ProjectionOperator<T>> make_operator(double factor) const;

  /// The largest factor of the frequencies relative to normal ones; O(m), O(m d).
  double largest_scale() const;

  /// Squared norms of the frequencies; with weights, sum_l weight_l w_l^2 over input coordinates.
  FrequencyNorms norms(std::span<const double> weights = {}) const;

 private:
  Projection projection_;
  FrequencyLaw law_;
  Matrix<double> rows_;  ///< empty where the frequencies are a fast transform
};

/// The frequencies themselves, num_projections x projected_dim, in double, the same bits
/// everywhere.
Matrix<double> draw_frequencies(const Projection& projection, const FrequencyLaw& law);

/// The frequencies that the caller brought, or null where they are drawn.
const GivenFrequencies* given_frequencies(const Projection& projection);
/// The projection with these in place of given ones of the same digest. False, and unchanged, for
/// another projection or another digest.
bool set_given_frequencies(Projection& projection, const GivenFrequencies& frequencies);

/// Why frequencies of this measure cannot be coupled like this, or nothing.
std::optional<std::string> incompatibility_of(const SpectralMeasure& spectrum,
                                              const Projection& projection);

/// Throws InvalidArgument when an option of the projection is out of range, or when it has fewer
/// points or dimensions than the law needs.
void check(const Projection& projection, const FrequencyLaw& law);

/// Multiplications per row of inputs.
double projection_cost(const Projection& projection, const FrequencyLaw& law);

}  // namespace bochner

namespace bochner::projections {

/// The rows x dim frequencies of an operator: the image of the identity.
Matrix<double> materialised(const ProjectionOperator<double>& frequencies, Index rows, Index dim);

}  // namespace bochner::projections
