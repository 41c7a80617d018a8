// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Quasi-random frequencies: point i of Sobol's sequence [Sobol67], scrambled as a whole by Owen's
/// nested permutations, which the seed draws [Owen95], through the quantile function of the
/// spectral measure. Every row has exactly the measure's law, so that estimates are unbiased; rows
/// of a draw are not independent, and only other scrambles can tell the error of a draw: `estimate`
/// draws them. Best in few dimensions and at powers of two (docs/kernels.md); at most 3,667 uniform
/// numbers per frequency, which is its dimension (one more for mixtures), and 2^32 frequencies. The
/// radii of scale mixtures stay pseudo-random. O(m d) time, with 32 random words per coordinate.
struct SobolProjection {
  static constexpr std::string_view name = "sobol";
  static constexpr bool exact_marginal() { return true; }
  static constexpr auto fields() { return std::tuple{}; }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return false; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& law) const;
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;

  friend bool operator==(const SobolProjection&, const SobolProjection&) = default;
};

}  // namespace bochner
