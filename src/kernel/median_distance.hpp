// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

namespace bochner::kernels {

/// What `median_lengthscale` is, and 0 where it refuses since most pairs of rows are equal. Rows
/// are finite, at least two of them.
double median_distance(MatrixView<const double> x);

}  // namespace bochner::kernels
