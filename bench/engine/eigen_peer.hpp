// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// What a user of Eigen writes, compiled for this machine, on one thread.

namespace bochner::bench {

/// out (n x m) = exp(x w), x n x d, w d x m.
void eigen_positive(const float* x, const float* w, float* out, Index n, Index d, Index m);

/// out (n x 2m) = [cos(x w), sin(x w)]; product is n x m scratch space.
void eigen_paired(const double* x, const double* w, double* product, double* out, Index n, Index d,
                  Index m);

}  // namespace bochner::bench
