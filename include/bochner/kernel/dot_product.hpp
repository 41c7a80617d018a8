// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>
#include <vector>

namespace bochner {

/// A dot-product kernel k(x, y) = sum_n coefficients[n] (A x . A y)^n, A the metric's: a kernel in
/// every dimension exactly when no coefficient is negative [Schoenberg42]. Its features are
/// `MaclaurinFeatures`. The exponential exp(x.y / sigma^2) is `SoftmaxKernel{1 / sigma^2}`.
struct BOCHNER_EXPORT DotProductKernel {
  static constexpr std::string_view name = "dot-product";
  /// One to 33, finite, not negative, not all zero; the default starts the exponential.
  std::vector<double> coefficients{1.0, 1.0, 0.5};
  Metric metric{};

  static constexpr auto fields() {
    return std::tuple{Field{"coefficients", &DotProductKernel::coefficients},
                      Field{"metric", &DotProductKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::series;
  void check_options() const;
  PowerSeries power_series() const;
  double value_at(double s) const;

  friend bool operator==(const DotProductKernel&, const DotProductKernel&) = default;
};

}  // namespace bochner
