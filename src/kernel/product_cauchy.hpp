// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/product_cauchy.hpp"
#include "kernel/product_measure.hpp"

namespace bochner {

ProductMeasure::Quantile coordinate_quantile(const ProductCauchyKernel& kernel);
double product_value(const ProductCauchyKernel& kernel, const double* x, const double* y,
                     Index dim);

}  // namespace bochner
