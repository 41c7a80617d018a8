// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Hyperbolic positive features phi(x) = [phi+(w), phi+(-w)] / sqrt(2), phi+ the positive ones; the
/// features of +w come first [Choromanski21, lemma 1].
struct HyperbolicFeatures {
  static constexpr std::string_view name = "hyperbolic";
  static constexpr Index features_per_frequency = 2;
  static constexpr auto fields() { return std::tuple{}; }

  // What an exponential feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "";
  ExponentialLaw exponential_law() const;

  friend bool operator==(const HyperbolicFeatures&, const HyperbolicFeatures&) = default;
};

}  // namespace bochner
