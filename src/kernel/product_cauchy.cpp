// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/product_cauchy.hpp"

#include "random/quantiles.hpp"

namespace bochner {

Quantile ProductCauchyKernel::coordinate_quantile() const { return laplace_quantile; }

double ProductCauchyKernel::product_value(const double* x, const double* y, Index dim) const {
  double product = 1.0;
  for (Index k = 0; k < dim; ++k) {
    const double u = x[k] - y[k];
    product /= 1.0 + u * u;
  }
  return product;
}

}  // namespace bochner
