// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/scale_law.hpp"

#include <vector>

/// \file
/// Moments of cos(v.w) for frequencies w = sqrt(u) g that are scale mixtures of normals, and of two
/// orthogonal ones. s = |v|^2 >= 0; k(s) = E e^{-u s / 2} is the kernel.
///
/// One row. Given u, the cosine has the mean e^{-us/2} and the variance (1 - e^{-us})^2 / 2, so
/// that
///   Var cos(v.w) = E (1 - e^{-us})^2 / 2 + Var e^{-us/2},
/// a sum of non-negative terms, where (1 + k(4s)) / 2 - k(s)^2 would cancel.
///
/// Two orthogonal rows with independent u_1, u_2 and chi(d) norms R_1, R_2, n = d/2:
///   E cos(v.w_1) cos(v.w_2) = E 0F1(; n; -(u_1 R_1^2 + u_2 R_2^2) s / 4).
/// By 0F1(; n; -z) = Gamma(n) / (2 pi i) int e^p p^{-n} e^{-z/p} dp, over a contour around the
/// negative half-line, the mean factorises: with
///   e(p) = E (1 + u s / (2p))^{-n} - 1
/// it is Gamma(n) / (2 pi i) int e^p p^{-n} (1 + e(p))^2 dp = 1 - 2 (1 - k) + D,
///   D = Gamma(n) / (2 pi i) int e^p p^{-n} e(p)^2 dp,
/// and the covariance is D - (1 - k)^2: both terms of order s^2, as the variance is. One integral
/// over a parabola through the saddle point, by the trapezoidal rule (docs/theory/variance.md).

namespace bochner::estimator {

/// Empty for laws without an elementary density (stable ones) and for gamma shapes below 0.05.
std::vector<ScaleNode> scale_nodes(const ScaleLaw& law);

/// Var cos(v.w). Relative accuracy 1e-13.
double mixture_variance(const std::vector<ScaleNode>& scales, double s);

/// Of the cosines of two orthogonal rows in `dim` dimensions. Error below 1e-13 of the variance.
/// Some milliseconds.
double mixture_covariance(const std::vector<ScaleNode>& scales, double dim, double s);

}  // namespace bochner::estimator
