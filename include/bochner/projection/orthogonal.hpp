// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/projection/parts.hpp>
#include <bochner/projection/radii.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Frequencies in blocks of input_dim rows, orthogonal within a block and independent between
/// blocks: rows of a Haar-distributed matrix times independent radii [Yu16]. The last block is
/// truncated when input_dim does not divide num_frequencies. Paired radii cost no more, keep every
/// row's law and lower the variance, of trigonometric features by a third where |x - y| is small
/// beside the root of input_dim; in odd dimensions the last row of a block has no partner.
struct OrthogonalProjection {
  static constexpr std::string_view name = "orthogonal";
  Radii radii = Radii::sampled;
  constexpr bool exact_marginal() const { return radii != Radii::constant; }
  static constexpr auto fields() {
    return std::tuple{Field{"radii", &OrthogonalProjection::radii}};
  }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return true; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& /*law*/) const {}
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;

  friend bool operator==(const OrthogonalProjection&, const OrthogonalProjection&) = default;
};

}  // namespace bochner
