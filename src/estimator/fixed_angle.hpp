// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// Cross moments of two rows whose directions have a fixed angle (a simplex), with independent
/// chi(d) norms.
///
/// Write the norms as R1 = S cos t, R2 = S sin t: S^2 ~ chi^2(2d) is independent of p = 2t, whose
/// density is proportional to sin^{d-1} p on (0, pi). With c the cosine of the angle,
/// |w1 + w2|^2 = S^2 (1 + c sin p), and given p the sum is that of two orthogonal rows, stretched
/// (`kummer.hpp`):
///   E exp(z.(w1 + w2))    = E_p M(d; d/2; x (1 + c sin p)),   x = |z|^2 / 2,
///   E cos(v.w1) cos(v.w2) = the mean of E_p M(d; d/2; -x (1 +- c sin p)) over both signs.
/// One-dimensional quadrature (docs/theory/variance.md). All functions take an integer d >= 2, c in
/// [-1, 0] and x >= 0, and cost 60 nodes, plus 60 per doubling of sqrt(|c| x / d), each of them two
/// evaluations for orthogonal rows.

namespace bochner::estimator {

/// 1 - E exp(z.(w1 + w2)) exp(-2x): what coupling takes away from the second cross moment, in units
/// of the squared mean. Non-negative for c <= 0; 1e-13 relative.
long double fixed_angle_deficit(double d, double c, double x);

/// The same for cosh(z.w1) cosh(z.w2): 1 - the mean over both signs of c. Error below 1e-13
/// min(1, x^2 / d), or 1e-15 x of its size where opposite rows make it large.
long double fixed_angle_even_deficit(double d, double c, double x);

/// E cos(v.w1) cos(v.w2) - exp(-2x), x = |v|^2 / 2. Error below 1e-14 min(1, x^2 / d).
long double fixed_angle_cosine_covariance(double d, double c, double x);

}  // namespace bochner::estimator
