// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The isotropic Laplacian (exponential) kernel k(x, y) = exp(-r), r = |A (x - y)|: Matern's with
/// nu = 1/2. Its frequencies are multivariate Cauchy, w = g / |h| [Langrene24]. The one of
/// scikit-learn, which takes absolute values, is `ProductLaplacianKernel`.
struct LaplacianKernel {
  static constexpr std::string_view name = "laplacian";
  Metric metric{};
  static constexpr auto fields() { return std::tuple{Field{"metric", &LaplacianKernel::metric}}; }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::radial;
  void check_options() const;
  SpectralMeasure spectral_measure() const;
  void profile(const double* square, double* out, Index count) const;

  friend bool operator==(const LaplacianKernel&, const LaplacianKernel&) = default;
};

}  // namespace bochner
