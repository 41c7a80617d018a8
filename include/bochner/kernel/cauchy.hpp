// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The isotropic Cauchy kernel k(x, y) = 1 / (1 + r^2), r = |A (x - y)|. Its frequencies are
/// w = g sqrt(2 E), E exponential [Langrene24].
struct CauchyKernel {
  static constexpr std::string_view name = "cauchy";
  Metric metric{};
  static constexpr auto fields() { return std::tuple{Field{"metric", &CauchyKernel::metric}}; }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::radial;
  void check_options() const;
  SpectralMeasure spectral_measure() const;
  void profile(const double* square, double* out, Index count) const;

  friend bool operator==(const CauchyKernel&, const CauchyKernel&) = default;
};

}  // namespace bochner
