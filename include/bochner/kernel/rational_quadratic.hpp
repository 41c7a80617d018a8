// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The rational quadratic kernel k(x, y) = (1 + r^2 / (2 alpha))^(-alpha), r = |A (x - y)|
/// [Rasmussen06, eq. 4.19]: Gaussians whose inverse squared lengthscale is Gamma(alpha) / alpha, so
/// w = g sqrt(G / alpha).
struct RationalQuadraticKernel {
  static constexpr std::string_view name = "rational-quadratic";
  double alpha = 1.0;  ///< 1e-300 to 1e300: heavy tails to the Gaussian
  Metric metric{};
  static constexpr auto fields() {
    return std::tuple{Field{"alpha", &RationalQuadraticKernel::alpha},
                      Field{"metric", &RationalQuadraticKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::radial;
  void check_options() const;
  SpectralMeasure spectral_measure() const;
  void profile(const double* square, double* out, Index count) const;

  friend bool operator==(const RationalQuadraticKernel&, const RationalQuadraticKernel&) = default;
};

}  // namespace bochner
