// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Rows of independent random signs, the factors of random Maclaurin features: as many for a column
/// as its degree [KarKarnick12].
struct RademacherProjection {
  static constexpr std::string_view name = "rademacher";
  static constexpr bool exact_marginal() { return true; }
  static constexpr auto fields() { return std::tuple{}; }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return false; }
  static constexpr std::string_view partner = "maclaurin";
  void check(const FrequencyLaw& /*law*/) const {}
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;

  friend bool operator==(const RademacherProjection&, const RademacherProjection&) = default;
};

}  // namespace bochner
