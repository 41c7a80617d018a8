// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Independent frequencies, each the opposite of the one that `IidProjection` draws.
struct MirroredProjection {
  static constexpr std::string_view name = "mirrored";
  static constexpr bool exact_marginal() { return true; }
  static constexpr auto fields() { return std::tuple{}; }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return false; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& /*law*/) const {}
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;

  friend bool operator==(const MirroredProjection&, const MirroredProjection&) = default;
};

}  // namespace bochner
