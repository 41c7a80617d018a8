// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/kernel/metric.hpp>
#include <bochner/kernel/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// The product Cauchy kernel k(x, y) = prod_j 1 / (1 + u_j^2), u = A (x - y). Its frequencies have
/// independent Laplace coordinates [Rahimi07, fig. 1], so that directions cannot be coupled: use
/// independent or Sobol frequencies.
struct ProductCauchyKernel {
  static constexpr std::string_view name = "product-cauchy";
  Metric metric{};

  static constexpr auto fields() {
    return std::tuple{Field{"metric", &ProductCauchyKernel::metric}};
  }

  // What a kernel says of itself (docs/extending).
  static constexpr KernelFamily family = KernelFamily::product;
  Quantile coordinate_quantile() const;
  double product_value(const double* x, const double* y, Index dim) const;

  friend bool operator==(const ProductCauchyKernel&, const ProductCauchyKernel&) = default;
};

}  // namespace bochner
