// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/support/report.hpp"
#include "bochner/core/view.hpp"

/// \file
/// OpenBLAS as a peer: row-major products of its own.

namespace bochner::bench {

/// Says which kernel OpenBLAS chose and which our engine did.
void announce(Report& report);

void set_openblas_threads(int count);

/// out (n x m) = x (n x d) w (d x m).
void openblas_product(const float* x, const float* w, float* out, Index n, Index d, Index m);
void openblas_product(const double* x, const double* w, double* out, Index n, Index d, Index m);

/// Lower triangle of c (m x m) += phi^T phi, phi n x m.
void openblas_rank_update(const float* phi, float* c, Index n, Index m);

}  // namespace bochner::bench
