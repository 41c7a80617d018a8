// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// Matern's function, for any smoothness and any distance.

namespace bochner::kernels {

/// out[j] = 2^(1 - nu) / Gamma(nu) t^nu K_nu(t) with t = sqrt(2 nu square[j]), 1 at 0. Relative
/// error below 1e-12 wherever the value is a normal number; the cost is bounded for every argument.
/// `out` may be `square`.
///
/// Half-integer nu up to 20: exp(-t) times a polynomial of positive terms [Rasmussen06, eq. 4.16].
/// Other nu up to 20: Boost.Math's Bessel function. Beyond: the trapezoidal rule on
///   k = 1 / Gamma(nu) int exp(nu y - e^y - t^2 / 4 e^(-y)) dy,
/// from its peak, in steps of the peak's width, which converges geometrically and does not
/// overflow.
void matern_profile(double nu, const double* square, double* out, Index count);

}  // namespace bochner::kernels
