// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/scaled.hpp"

/// \file
/// Moments of rows on the sphere of radius sqrt(d): the constant radii of "regularised" orthogonal
/// features. With I(x) = 0F1(; d/2; x), one row has
///   E exp(w.z) = I(d |z|^2 / 4),   E cos(v.w) = I(-d |v|^2 / 4),
/// and two orthogonal rows E exp(z.(w1 + w2)) = I(d |z|^2 / 2), likewise for the cosine.
/// All functions take s = |z|^2 or |v|^2 >= 0 and any real d >= 1, and cost at most O(sqrt(d))
/// terms, some hundred nodes or 4,000 steps, whatever s is.

namespace bochner::estimator {

/// E exp(w.z) / exp(s/2) - 1, in [-1, 0]: relative accuracy 1e-13. About -s^2 / (4 (d + 2)).
double sphere_exponential_bias(double d, double s);

/// log E exp(w.z) - sqrt(d s), the largest exponent there is: in [-log(d s) d, 0], to 1e-14.
double sphere_log_exponential(double d, double s);

/// 2 sqrt(b s) - s + d - b with b = d (1 - 4a): the exponent by which the second moment of
/// OPRF features exceeds the squared kernel. At most d, where the terms are of the size of s.
double sphere_exponent(double d, double a, double s);

/// E cos(v.w) - exp(-s/2): absolute error 1e-15 min(1, s^2 / d).
double sphere_cosine_bias(double d, double s);

/// E cos(v.w), to 1e-15.
double sphere_cosine(double d, double s);

/// The same far out, where it is small, at tens of nanoseconds: with t = sqrt(d s), an error of about
/// t times the unit roundoff of its amplitude t^{(1 - d) / 2}.
class FarCosine {
 public:
  explicit FarCosine(double d);

  bool covers(double s) const;
  double operator()(double s) const;

 private:
  double dim_;
  double half_;       ///< n = d / 2
  double log_front_;  ///< log(Gamma(n) / sqrt(pi))
};

/// One-row variance and covariance of two orthogonal rows, combined so that nothing cancels.
struct SphereMoments {
  double variance = 0.0;  ///< of one row
  double block =
      0.0;  ///< variance + (d - 1) covariance: d times the variance of a whole block's mean
  /// Both are to be multiplied by exp(log_scale), for exponentials by exp(log_scale + 2 sqrt(d s)).
  double log_scale = 0.0;
};

/// Of exp(w.z). Relative accuracy 1e-12.
SphereMoments sphere_exponential(double d, double s);
/// Of cosh(w.z). Relative accuracy 1e-12; a whole block's variance is of order s^4.
SphereMoments sphere_hyperbolic(double d, double s);
/// Of cos(w.v). Relative accuracy 1e-12; a whole block's variance is of order s^4.
SphereMoments sphere_trigonometric(double d, double s);

}  // namespace bochner::estimator
