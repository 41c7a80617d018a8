// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <span>

/// \file
/// Cholesky factors of matrices that change by a row.

namespace bochner::linalg {

/// R <- the upper triangular factor of R^T R + z z^T, by Givens rotations [Gill74]. Reads and
/// writes the upper triangle of `r`, of rows that follow one another; z holds unspecified numbers
/// afterwards. 3 n^2 operations on one thread.
void add_row(MatrixView<double> r, std::span<double> z);

/// R <- that of R^T R - z z^T, by the rotations that take z out of (R, z) again [Gill74]. Returns
/// false, and leaves R as it was, when the matrix left is not positive definite beyond rounding.
/// 4 n^2 operations.
bool remove_row(MatrixView<double> r, std::span<double> z);

}  // namespace bochner::linalg
