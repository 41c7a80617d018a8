// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Paired random Fourier features phi(x) = a(x) [cos w.x, sin w.x] / sqrt(m), cosines first
/// [Rahimi07, Sutherland15]; a(x) = exp(|x|^2 / 2) for the softmax kernel, 1 for shift-invariant
/// ones.
struct TrigonometricFeatures {
  static constexpr std::string_view name = "trigonometric";
  static constexpr Index features_per_frequency = 2;
  static constexpr auto fields() { return std::tuple{}; }
  friend bool operator==(const TrigonometricFeatures&, const TrigonometricFeatures&) = default;
};

}  // namespace bochner
