// SPDX-License-Identifier: Apache-2.0
#include "kernel/product_cauchy.hpp"

#include "random/quantiles.hpp"

namespace bochner {

ProductMeasure::Quantile coordinate_quantile(const ProductCauchyKernel& /*kernel*/) {
  return laplace_quantile;
}

double product_value(const ProductCauchyKernel& /*kernel*/, const double* x, const double* y,
                     Index dim) {
  double product = 1.0;
  for (Index k = 0; k < dim; ++k) {
    const double u = x[k] - y[k];
    product /= 1.0 + u * u;
  }
  return product;
}

}  // namespace bochner
