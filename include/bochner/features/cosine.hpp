// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Random-phase Fourier features phi(x) = a(x) sqrt(2 / m) cos(w.x + u), u uniform on [0, 2 pi) and
/// independent for each frequency [Rahimi07]; a(x) as for the paired ones.
struct CosineFeatures {
  static constexpr std::string_view name = "cosine";
  static constexpr Index features_per_frequency = 1;
  static constexpr auto fields() { return std::tuple{}; }
  friend bool operator==(const CosineFeatures&, const CosineFeatures&) = default;
};

}  // namespace bochner
