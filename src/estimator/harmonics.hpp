// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/row_law.hpp"
#include "estimator/scaled.hpp"

#include <vector>

/// \file
/// Two rows of a block at two different vectors, by degrees of spherical harmonics.
///
/// What a row w = R u contributes at v, r(w; v) = h / E h of an independent row, is a function of
/// R and of the angle of u with v. Rows whose directions have the cosine c, uniform otherwise, with
/// independent radii have (docs/theory/variance.md; Funk and Hecke's formula and the addition
/// theorem)
///   E r(w1; a) r(w2; b) = sum_l N_l P_l(c) e_l(|a|^2) e_l(|b|^2) P_l(cos(a, b)),
/// where P_l is the Gegenbauer polynomial of the sphere in d dimensions with P_l(1) = 1, N_l the
/// number of harmonics of degree l, and e_l(s) = E r(w; v) P_l(cos(w, v)): with n = d/2, x = s / 2
///   sampled radii, sums         Gamma(n + l/2) / Gamma(n + l) x^{l/2} e^{-x} M(n + l/2; n + l; x)
///   sampled radii, differences  Gamma(n + l/2) / Gamma(n + l) x^{l/2} M(l/2; n + l; x)
///   constant radii              Gamma(n) / Gamma(n + l) (n x)^{l/2} e^{-+x} 0F1(; n + l; +-n x)
/// (up to signs that cancel in products; sums with (1 - 4a) x in 0F1). Degree 0 is the product of
/// the means. These are the numbers for exp(w.v) and exp(i w.v); cosh and cos have the even degrees
/// only.

namespace bochner::estimator {

enum class Degrees {
  all,
  even,  ///< what two-sided features need, and one-sided ones of orthogonal rows
};

/// One degree of the expansion. With u = t for all degrees and t^2 for even ones, the polynomial of
/// the next is (slope u + shift) P_l(t) - back P(t), P that of the degree before.
struct HarmonicDegree {
  int degree = 0;
  double across = 1.0;  ///< P_l(c)
  double slope = 1.0;
  double shift = 0.0;
  double back = 0.0;
  double log_front = 0.0;  ///< log sqrt(N_l) and the gamma functions
};

/// The degrees that matter for |v|^2 up to a given number, and their coefficients.
class HarmonicSeries {
 public:
  /// For frequencies of the normal law, sampled or constant radii.
  HarmonicSeries(const RowLaw& row, const BlockLaw& block, Degrees which, double largest_square);

  /// From 0 on, without gaps.
  const std::vector<HarmonicDegree>& degrees() const { return degrees_; }

  /// sqrt(N_l) e_l(s) of a degree; for differences in units of one, not of the mean e^{-x}. A sum
  /// of at most 2,000 terms or an integral, whatever s is: relative accuracy 1e-13. Zero where a
  /// bound shows, without computing it, that its product with e^log_weight is below the range of
  /// double.
  Scaled coefficient(const HarmonicDegree& degree, double s, double log_weight = 0.0) const;

 private:
  HarmonicDegree make(int degree, Degrees which) const;

  RowLaw row_;
  BlockLaw block_;
  std::vector<HarmonicDegree> degrees_;
};

}  // namespace bochner::estimator
