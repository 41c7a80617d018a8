// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Frequencies in blocks of input_dim rows whose directions are the vertices of a regular simplex,
/// u_i.u_j = -1 / (input_dim - 1), turned by a Haar-distributed rotation, times independent radii
/// [Reid23]. Unbiased. For positive features better than orthogonal directions, which leave the odd
/// part of the estimate untouched; for trigonometric ones worse. In one dimension: independent.
struct SimplexProjection {
  static constexpr std::string_view name = "simplex";
  static constexpr bool exact_marginal() { return true; }
  static constexpr auto fields() { return std::tuple{}; }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return true; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& /*law*/) const {}
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;

  friend bool operator==(const SimplexProjection&, const SimplexProjection&) = default;
};

}  // namespace bochner
