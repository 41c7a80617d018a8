// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The product Laplacian kernel k(x, y) = exp(-|A (x - y)|_1), of absolute differences; the one
/// that scikit-learn calls laplacian, with gamma = 1 / lengthscale. Its frequencies have
/// independent Cauchy coordinates [Rahimi07, fig. 1], so that directions cannot be coupled: use
/// independent or Sobol frequencies.
struct BOCHNER_EXPORT ProductLaplacianKernel {
  static constexpr std::string_view name = "product-laplacian";
  Metric metric{};

  /// exp(-gamma |x - y|_1), as scikit-learn has it: lengthscale 1 / gamma. Throws InvalidArgument
  /// unless gamma is positive and finite.
  static ProductLaplacianKernel from_gamma(double gamma);

  static constexpr auto fields() {
    return std::tuple{Field{"metric", &ProductLaplacianKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::product;
  Quantile coordinate_quantile() const;
  double product_value(const double* x, const double* y, Index dim) const;

  friend bool operator==(const ProductLaplacianKernel&, const ProductLaplacianKernel&) = default;
};

}  // namespace bochner
