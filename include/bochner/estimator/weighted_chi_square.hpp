// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/export.hpp>

#include <array>
#include <span>
#include <string_view>

/// \file
/// Sums of weighted chi-squared variables: the law of MMD, HSIC and conditional independence where
/// there is nothing to find.

namespace bochner {

/// How the law of sum_i weights_i X_i is computed, X_i independent chi-squared variables with one
/// degree of freedom.
enum class ChiSquareLaw {
  /// The inversion integral of its moment generating function through the saddle point, along a
  /// parabola around the branch points: the law itself, to some 1e-13 of the smaller tail.
  inversion,
  satterthwaite_welch,  ///< a scaled chi-squared variable of the same two moments [Satterthwaite46]
  hall_buckley_eagleson,  ///< a shifted one of the same three cumulants [Buckley88]
  lindsay_pilla_basak     ///< a mixture of up to four gamma laws of the same moments [Lindsay00]
};
constexpr std::array<std::string_view, 4> names_of(ChiSquareLaw) {
  return {"inversion", "satterthwaite-welch", "hall-buckley-eagleson", "lindsay-pilla-basak"};
}

/// P(sum_i weights_i X_i > x). Weights of zero count for nothing; with no others the sum is 0.
/// O(n) for n weights, some hundreds of complex logarithms each by inversion. Throws
/// InvalidArgument for weights that are negative or not finite, and for an x that is not finite.
///
/// ```cpp
/// const std::vector<double> weights{2.0, 1.0, 0.5};
/// const double p = weighted_chi_square_tail(weights, 12.0);  // a p-value
/// ```
BOCHNER_EXPORT double weighted_chi_square_tail(std::span<const double> weights, double x,
                                               ChiSquareLaw law = ChiSquareLaw::inversion);

}  // namespace bochner
