// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Optimal positive features in pairs +w, -w: phi(x) = [phi_a(w), phi_a(-w)] / sqrt(2), phi_a as in
/// `OprfFeatures`; the features of +w come first. Over orthogonal blocks the best unbiased positive
/// map at an equal number of columns (docs/theory/variance.md).
struct HyperbolicOprfFeatures {
  static constexpr std::string_view name = "hyperbolic-oprf";
  /// The parameter, or one per direction; below 1/8, and 0 gives back hyperbolic features. See
  /// `optimal_hyperbolic_oprf_parameter` and `optimal_hyperbolic_oprf_parameters`.
  PerDirection a = 0.0;
  static constexpr Index features_per_frequency = 2;
  static constexpr auto fields() { return std::tuple{Field{"a", &HyperbolicOprfFeatures::a}}; }

  // What an exponential feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "";
  ExponentialLaw exponential_law() const;

  friend bool operator==(const HyperbolicOprfFeatures&, const HyperbolicOprfFeatures&) = default;
};

}  // namespace bochner
