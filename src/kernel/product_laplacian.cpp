// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/product_laplacian.hpp"

#include "core/door.hpp"
#include "random/quantiles.hpp"

#include <cmath>
#include <limits>

namespace bochner {

ProductLaplacianKernel ProductLaplacianKernel::from_gamma(double gamma) {
  Door("ProductLaplacianKernel::from_gamma")
      .between("gamma", gamma, std::numeric_limits<double>::min(),
               std::numeric_limits<double>::max(), "a finite number above 0");
  return {.metric = Isotropic{1.0 / gamma}};
}

Quantile ProductLaplacianKernel::coordinate_quantile() const { return cauchy_quantile; }

double ProductLaplacianKernel::product_value(const double* x, const double* y, Index dim) const {
  double sum = 0.0;
  for (Index k = 0; k < dim; ++k) sum += std::abs(x[k] - y[k]);
  return std::exp(-sum);
}

}  // namespace bochner
