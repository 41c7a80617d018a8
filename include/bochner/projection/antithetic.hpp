// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/projection/parts.hpp>

#include <array>
#include <string_view>
#include <tuple>

namespace bochner {

/// How the frequencies that antithetic pairs mirror depend on each other.
enum class Directions {
  orthogonal,   ///< blocks of input_dim orthogonal rows, as `OrthogonalProjection` draws them
  independent,  ///< as `IidProjection` draws them
};

/// Names of the values, in order.
constexpr std::array<std::string_view, 2> names_of(Directions) {
  return {"orthogonal", "independent"};
}

/// Antithetic pairs: rows 2i and 2i + 1 are w_i and -w_i [Hammersley56]. Unbiased. What is odd in w
/// cancels, so that positive features over pairs are hyperbolic features over half as many
/// frequencies. Even features (trigonometric, hyperbolic) see every frequency twice: their variance
/// doubles.
struct AntitheticProjection {
  static constexpr std::string_view name = "antithetic";
  Directions directions = Directions::orthogonal;
  static constexpr bool exact_marginal() { return true; }
  static constexpr auto fields() {
    return std::tuple{Field{"directions", &AntitheticProjection::directions}};
  }

  // What a projection says of itself (docs/extending).
  constexpr bool couples_directions() const { return directions == Directions::orthogonal; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& /*law*/) const {}
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;

  friend bool operator==(const AntitheticProjection&, const AntitheticProjection&) = default;
};

}  // namespace bochner
