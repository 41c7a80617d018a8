// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The generalised Cauchy kernel k(x, y) = (1 + r^alpha)^(-beta), r = |A (x - y)|: alpha is the
/// roughness of sample paths, alpha beta the decay at long distance, independently of each other
/// [Gneiting04]. Its frequencies are w = g sqrt(2 S) G^(1 / alpha), S positive stable of index
/// alpha / 2 and G ~ Gamma(beta) [Langrene24].
struct GeneralisedCauchyKernel {
  static constexpr std::string_view name = "generalised-cauchy";
  double alpha = 1.5;  ///< the power, 0.2 to 2
  double beta = 1.0;   ///< the decay, positive, finite
  Metric metric{};
  static constexpr auto fields() {
    return std::tuple{Field{"alpha", &GeneralisedCauchyKernel::alpha},
                      Field{"beta", &GeneralisedCauchyKernel::beta},
                      Field{"metric", &GeneralisedCauchyKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::radial;
  void check_options() const;
  SpectralMeasure spectral_measure() const;
  void profile(const double* square, double* out, Index count) const;

  friend bool operator==(const GeneralisedCauchyKernel&, const GeneralisedCauchyKernel&) = default;
};

}  // namespace bochner
