// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The angular kernel k(x, y) = 1 - 2 t / pi, t the angle between A x and A y: E sgn(w.A x)
/// sgn(w.A y) over normal w [Charikar02]. Features are signs, so that lengths do not matter; a row
/// of zeros has k = 0 with every other one.
struct AngularKernel {
  static constexpr std::string_view name = "angular";
  Metric metric{};
  static constexpr auto fields() { return std::tuple{Field{"metric", &AngularKernel::metric}}; }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::rectified;
  void check_options() const;
  Rectifier rectifier() const;

  friend bool operator==(const AngularKernel&, const AngularKernel&) = default;
};

}  // namespace bochner
