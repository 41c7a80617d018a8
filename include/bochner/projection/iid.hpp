// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/projection/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Independent frequencies, each drawn from the kernel's spectral measure [Rahimi07].
struct IidProjection {
  static constexpr std::string_view name = "iid";
  /// Whether every row has exactly the kernel's spectral law, so that estimates are unbiased.
  static constexpr bool exact_marginal() { return true; }
  static constexpr auto fields() { return std::tuple{}; }

  // What a projection says of itself (docs/extending).
  static constexpr bool couples_directions() { return false; }
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& /*law*/) const {}
  BlockLaw block_law(Index dim) const;
  Matrix<double> draw(const FrequencyLaw& law) const;

  friend bool operator==(const IidProjection&, const IidProjection&) = default;
};

}  // namespace bochner
