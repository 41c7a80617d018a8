// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/view.hpp"

#include <optional>

/// \file
/// Cholesky factorisation of large symmetric matrices, on the engine's products: the same bits for
/// any number of threads.
///
/// Matrices are row-major, 64-byte aligned, their row stride a multiple of `simd::kPanel<double>`.
/// Nothing here checks shapes.

namespace bochner::linalg {

/// A = R^T R. Reads the lower triangle of `a`, leaves the upper triangular R in the upper one and
/// garbage below. n^3 / 3 operations; n x 128 numbers of scratch. Returns the first column whose
/// pivot is not positive and finite: A is not positive definite, or holds NaN or infinity (which
/// LAPACK and Eigen accept silently). `a` then holds unspecified numbers.
std::optional<Index> cholesky(MatrixView<double> a, const Execution& execution = {});

/// B <- R^-T B, for B of n rows. 2 n^2 operations per column.
void solve_transposed(MatrixView<const double> r, MatrixView<double> b,
                      const Execution& execution = {});

/// B <- R^-1 B.
void solve_upper(MatrixView<const double> r, MatrixView<double> b, const Execution& execution = {});

/// log det A = 2 sum log R_ii.
double log_determinant(MatrixView<const double> r);

}  // namespace bochner::linalg
