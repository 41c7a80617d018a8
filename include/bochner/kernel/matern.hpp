// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The Matern kernel of smoothness nu, with t = sqrt(2 nu) r and r = |A (x - y)|:
///   k(x, y) = 2^(1 - nu) / Gamma(nu) t^nu K_nu(t) [Matern60, Rasmussen06, eq. 4.14];
/// exp(-r) at nu = 1/2, (1 + t) exp(-t) at 3/2, (1 + t + t^2 / 3) exp(-t) at 5/2, the Gaussian as
/// nu grows. Its frequencies are multivariate Student's t with 2 nu degrees of freedom: w = g
/// sqrt(nu / G), G ~ Gamma(nu).
struct MaternKernel {
  static constexpr std::string_view name = "matern";
  double nu = 2.5;  ///< smoothness, 0.1 to 1e8
  Metric metric{};
  static constexpr auto fields() {
    return std::tuple{Field{"nu", &MaternKernel::nu}, Field{"metric", &MaternKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::radial;
  void check_options() const;
  SpectralMeasure spectral_measure() const;
  void profile(const double* square, double* out, Index count) const;

  friend bool operator==(const MaternKernel&, const MaternKernel&) = default;
};

}  // namespace bochner
