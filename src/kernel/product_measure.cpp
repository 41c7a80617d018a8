// SPDX-License-Identifier: Apache-2.0
#include "kernel/product_measure.hpp"

namespace bochner::kernels {

void ProductMeasure::frequency(const double* u, Seed /*seed*/, Index /*row*/,
                               std::span<double> out) const {
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = quantile_(u[k]);
}

}  // namespace bochner::kernels
