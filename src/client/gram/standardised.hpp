// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"

namespace bochner::gram {

/// The columns that vary, each less its mean and over its standard deviation, whatever their sizes.
/// A column whose spread is within rounding of its size does not vary.
Matrix<double> standardised(MatrixView<const double> x);

}  // namespace bochner::gram
