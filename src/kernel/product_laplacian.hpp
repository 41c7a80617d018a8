// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/product_laplacian.hpp"
#include "kernel/product_measure.hpp"

namespace bochner {

ProductMeasure::Quantile coordinate_quantile(const ProductLaplacianKernel& kernel);
double product_value(const ProductLaplacianKernel& kernel, const double* x, const double* y,
                     Index dim);

}  // namespace bochner
