// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <span>
#include <string_view>
#include <vector>

/// \file
/// A kernel estimate that comes with its error.

namespace bochner {

/// A two-sided confidence interval.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// What stands behind a standard error.
enum class ErrorSource {
  blocks,       ///< the spread of independent blocks of this one draw
  closed_form,  ///< `kernel_moments`: the draw has fewer than two whole blocks
  replicates,   ///< the spread of 16 other draws, of seeds derived from the map's
};
constexpr std::array<std::string_view, 3> names_of(ErrorSource) {
  return {"blocks", "closed-form", "replicates"};
}

/// <phi(x), psi(y)> and how far it may be from its mean. That mean is k(x, y) unless radii are
/// constant, whose bias (`kernel_moments`) no spread can show.
struct BOCHNER_EXPORT KernelEstimate {
  double value = 0.0;
  double standard_error = 0.0;      ///< square root of an unbiased estimate of Var value
  double degrees_of_freedom = 0.0;  ///< of that estimate; infinite for the closed form
  Index blocks = 0;  ///< independent blocks of the draw, a truncated last one included
  ErrorSource source = ErrorSource::blocks;

  /// Student's t interval, level in (0, 1). Its coverage is nominal (0.94 to 0.96 at level 0.95,
  /// 16 blocks) for trigonometric features and for hyperbolic OPRF features up to |x + y|^2 = 1;
  /// positive features at |x + y|^2 >= 2 are so skewed that it falls to 0.9 and below
  /// (docs/theory/variance.md). Throws InvalidArgument for other levels.
  Interval interval(double level = 0.95) const;
};

/// One draw, one pair: the estimate of k(x, y) with the error that its own blocks show. Blocks are
/// single rows for independent projections, input_dim (padded) rows for orthogonal (Hadamard) ones.
/// With block means g_b and weights w_b = (rows of b) / m, c_b = w_b^2 / (1 - 2 w_b),
///   value = sum w_b g_b,  standard_error^2 = sum c_b (g_b - value)^2 / (1 + sum c_b),
/// which is unbiased whatever the variances of the blocks, a truncated last one included. Sobol
/// frequencies are one block: 16 other scrambles are drawn, and their standard deviation is the
/// standard error, at 17 times the cost. The sample variance of the m rows is not unbiased:
/// orthogonal rows are correlated. O(m d). Throws InvalidArgument when x or y has another length
/// than input_dim, and as `FeatureMap::apply`.
template <Scalar T>
KernelEstimate estimate(const FeatureMap<T>& map, std::type_identity_t<std::span<const T>> x,
                        std::type_identity_t<std::span<const T>> y);

/// The same for the pairs (row i of x, row i of y), both n x input_dim, in that order. Throws as
/// above and when the row counts differ.
template <Scalar T>
std::vector<KernelEstimate> estimate(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                                     const Execution& execution = {});

extern template BOCHNER_EXPORT KernelEstimate estimate<float>(const FeatureMap<float>&,
                                                              std::span<const float>,
                                                              std::span<const float>);
extern template BOCHNER_EXPORT KernelEstimate estimate<double>(const FeatureMap<double>&,
                                                               std::span<const double>,
                                                               std::span<const double>);
extern template BOCHNER_EXPORT std::vector<KernelEstimate> estimate<float>(const FeatureMap<float>&,
                                                                           MatrixView<const float>,
                                                                           MatrixView<const float>,
                                                                           const Execution&);
extern template BOCHNER_EXPORT std::vector<KernelEstimate> estimate<double>(
    const FeatureMap<double>&, MatrixView<const double>, MatrixView<const double>,
    const Execution&);

}  // namespace bochner
