// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Positive features of FAVOR+, phi(x) = exp(w.x - |x|^2 / 2) / sqrt(m) for the softmax kernel,
/// exp(w.x - |x|^2) / sqrt(m) for the Gaussian [Choromanski21, lemma 1].
struct PositiveFeatures {
  static constexpr std::string_view name = "positive";
  static constexpr Index features_per_frequency = 1;
  static constexpr auto fields() { return std::tuple{}; }

  // What an exponential feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "";
  ExponentialLaw exponential_law() const;

  friend bool operator==(const PositiveFeatures&, const PositiveFeatures&) = default;
};

}  // namespace bochner
