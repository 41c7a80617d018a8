// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Optimal positive features (FAVOR++, generalised exponential with a real parameter a < 1/8):
/// phi(x) = (1 - 4a)^(d/4) exp(a |w|^2 + sqrt(1 - 4a) w.x - |x|^2 / 2) / sqrt(m) for the softmax
/// kernel, -|x|^2 for the Gaussian [Likhosherstov22, thm 3.1]. With one parameter per direction,
/// phi(x) = prod_l (1 - 4a_l)^(1/4) exp(a_l w_l^2 + sqrt(1 - 4a_l) w_l x_l - x_l^2 / 2) / sqrt(m)
/// in the coordinates that the spec's transform leaves.
struct OprfFeatures {
  static constexpr std::string_view name = "oprf";
  /// The parameter, or one per direction; below 1/8, and 0 gives back positive features. See
  /// `optimal_oprf_parameter` and `optimal_oprf_parameters`.
  PerDirection a = 0.0;
  static constexpr Index features_per_frequency = 1;
  static constexpr auto fields() { return std::tuple{Field{"a", &OprfFeatures::a}}; }

  // What an exponential feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "";
  ExponentialLaw exponential_law() const;

  friend bool operator==(const OprfFeatures&, const OprfFeatures&) = default;
};

}  // namespace bochner
