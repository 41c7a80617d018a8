// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/scaled.hpp"

/// \file
/// Cross moments of two orthogonal rows with independent chi(d) norms.
///
/// Such rows have a sum w1 + w2 of uniform direction with |w1 + w2|^2 ~ chi^2(2d), hence
///   E exp(z.(w1 + w2))      = M(d; d/2;  |z|^2 / 2),
///   E cos(v.w1) cos(v.w2)   = M(d; d/2; -|v|^2 / 2)
/// with Kummer's M = 1F1 (docs/theory/variance.md). Independent rows have exp(2x) in its place.
/// All functions take a whole number d >= 1 and any x, and cost at most O(d) for any x: a series in
/// powers of x below x = max(60, d), a finite sum in powers of 1 / x above.

namespace bochner::estimator {

/// M(d; d/2; x). For x >= 0 the logarithm is accurate to 1e-13 or, where it is large, to 1e-14 of
/// its size; for x < 0, where the function has zeros, the value to 1e-15, absolute.
Scaled kummer_moment(double d, double x);

/// 1 - M(d; d/2; x) exp(-2x) for x >= 0: the part of the squared mean that orthogonality takes away
/// from the second cross moment. In [0, 1] up to rounding, x^2 / (d/2 + 1) as x -> 0; relative
/// accuracy 1e-13 throughout.
double orthogonal_deficit(double d, double x);

/// M(d; d/2; -x) - exp(-2x) for x >= 0: the covariance of cos(v.w1) and cos(v.w2), x = |v|^2 / 2.
/// -x^2 / (d/2 + 1) as x -> 0. Error below 1e-15 min(1, x^2 / d).
double orthogonal_cosine_covariance(double d, double x);

}  // namespace bochner::estimator
