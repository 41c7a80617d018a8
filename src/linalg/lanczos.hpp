// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "linalg/conjugate_gradients.hpp"

#include <span>

/// \file
/// The ends of the spectrum of a symmetric operator that is never formed.

namespace bochner::linalg {

struct LanczosOptions {
  double tolerance = 1e-6;  ///< on the residuals of both ends, relative to the larger in size
  Index max_steps = 100;
};

/// Both ends by Ritz values, which lie inside the spectrum; an eigenvalue is within its residual of
/// each.
struct SpectrumEnds {
  double smallest = 0.0;
  double largest = 0.0;
  double smallest_residual = 0.0;
  double largest_residual = 0.0;
  Index steps = 0;  ///< applications of A
  bool converged = false;
};

/// The Lanczos iteration from `start`, orthogonalised against all earlier vectors twice
/// [Lanczos50]. (steps + 3) n numbers of scratch.
SpectrumEnds lanczos_ends(const LinearOperator& a, std::span<const double> start,
                          const LanczosOptions& options = {});

}  // namespace bochner::linalg
