// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The exponentiated power kernel k(x, y) = exp(-r^alpha), r = |A (x - y)|: the Laplacian at alpha
/// = 1, at 2 the Gaussian of lengthscale 1 / sqrt(2). Its frequencies are w = g sqrt(2 S), S
/// positive stable of index alpha / 2 [Langrene24].
struct ExponentiatedPowerKernel {
  static constexpr std::string_view name = "exponentiated-power";
  double alpha = 1.5;  ///< the power, 0.2 to 2
  Metric metric{};
  static constexpr auto fields() {
    return std::tuple{Field{"alpha", &ExponentiatedPowerKernel::alpha},
                      Field{"metric", &ExponentiatedPowerKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::radial;
  void check_options() const;
  SpectralMeasure spectral_measure() const;
  void profile(const double* square, double* out, Index count) const;

  friend bool operator==(const ExponentiatedPowerKernel&,
                         const ExponentiatedPowerKernel&) = default;
};

}  // namespace bochner
