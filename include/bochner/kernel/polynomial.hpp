// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The polynomial kernel k(x, y) = (A x . A y + offset)^degree, A the metric's. Not
/// shift-invariant; its features are `MaclaurinFeatures` or `TensorSketchFeatures`.
struct BOCHNER_EXPORT PolynomialKernel {
  static constexpr std::string_view name = "polynomial";
  int degree = 3;       ///< 1 to 32
  double offset = 1.0;  ///< finite, 0 or more (a negative one is no kernel)
  Metric metric{};

  /// (gamma x.y + coef0)^degree, as scikit-learn and libsvm have it: lengthscale 1 / sqrt(gamma).
  /// Throws InvalidArgument unless gamma is positive and finite, and its lengthscale too.
  static PolynomialKernel from_gamma(double gamma, double coef0 = 1.0, int degree = 3);

  static constexpr auto fields() {
    return std::tuple{Field{"degree", &PolynomialKernel::degree},
                      Field{"offset", &PolynomialKernel::offset},
                      Field{"metric", &PolynomialKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::series;
  void check_options() const;
  PowerSeries power_series() const;
  double value_at(double s) const;

  friend bool operator==(const PolynomialKernel&, const PolynomialKernel&) = default;
};

}  // namespace bochner
