// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/view.hpp"

/// \file
/// Haar-distributed orthonormal rows.

namespace bochner::linalg {

/// Replaces r <= d rows of independent standard normals by the first r rows of a Haar-distributed d
/// x d orthogonal matrix: the rows q_i of Q^T in the factorisation G^T = Q R with R_ii > 0. The
/// condition on the signs is what makes Q Haar [Mezzadri07]; LAPACK's Q, whose signs are an
/// accident of the algorithm, is not. In exact arithmetic this is the Gram-Schmidt process in row
/// order.
///
/// Householder reflections in the compact form of [Schreiber89], panels of fixed width, every sum
/// in a fixed order, no fused operation: the same bits everywhere (tier A). Row i depends on rows
/// 0, ..., i alone, to the bit: a truncated draw is a prefix of the full one. 4 r^2 (d - r/3)
/// operations, (r + 32) d numbers of scratch. Columns must be contiguous. Rows need not be
/// independent: the result is orthonormal whatever they are, short of infinities.
void orthonormal_rows(MatrixView<double> rows, const Execution& execution = {});

}  // namespace bochner::linalg
