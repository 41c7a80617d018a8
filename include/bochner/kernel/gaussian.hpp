// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The Gaussian (squared exponential, RBF) kernel k(x, y) = exp(-r^2 / 2), r = |A (x - y)|, with
/// the metric's A; for an isotropic lengthscale l, exp(-|x - y|^2 / (2 l^2)). Its frequencies are
/// normal.
struct BOCHNER_EXPORT GaussianKernel {
  static constexpr std::string_view name = "gaussian";
  Metric metric{};

  /// exp(-gamma |x - y|^2), as scikit-learn and libsvm have it: lengthscale 1 / sqrt(2 gamma).
  static GaussianKernel from_gamma(double gamma);
  /// exp(-|x - y|^2 / width), as shogun has it: lengthscale sqrt(width / 2). Both throw
  /// InvalidArgument unless the number is positive and finite, and its lengthscale too.
  static GaussianKernel from_width(double width);

  static constexpr auto fields() { return std::tuple{Field{"metric", &GaussianKernel::metric}}; }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::of_products;
  SpectralMeasure spectral_measure() const;
  StandardForm standard_form(Index dim) const;
  void values(const double* xy, double xx, const double* yy, double* out, Index count) const;

  friend bool operator==(const GaussianKernel&, const GaussianKernel&) = default;
};

}  // namespace bochner
