// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/harmonics.hpp"
#include "estimator/row_law.hpp"

#include <vector>

/// \file
/// How the estimates K^_j of k(q, k_j), j = 1 .. l, of one draw move together.

namespace bochner::estimator {

/// E f_j f_l of one row (or of one and its opposite) with sampled radii, in units of the natural
/// means (see `RowLaw::natural`), as a sum of exponentials of v_j.v_l = g and the squared norms:
/// with level = front + square (|v_j|^2 + |v_l|^2),
///   same exp(level + cross g) + opposite exp(level - cross g) - total E f_j E f_l.
struct SameRowLaw {
  double front = 0.0;
  double square = 0.0;
  double cross = 1.0;
  double same = 1.0;
  double opposite = 0.0;
  double total = 1.0;
};

/// m Cov(w_j K^_j, w_l K^_l) for the keys of one query, from the vectors v_j = q +- k_j that their
/// moments depend on; the weights w_j bring numbers of any size into the range of double.
/// Frequencies are normal (see `RowLaw`), coupled in any way that `BlockLaw` describes. Exact up to
/// the truncation of `HarmonicSeries`, 1e-14.
class DrawCovariance {
 public:
  /// `squares` are the |v_j|^2, `log_weights` the log w_j for K^_j in its natural unit. With one
  /// parameter per direction vectors have their coordinates times the roots of (1 - 4a) / (1 - 8a),
  /// and `plain_squares` are the |v_j|^2 without these.
  DrawCovariance(const RowLaw& row, const BlockLaw& block, Index num_frequencies,
                 std::vector<double> squares, std::vector<double> log_weights,
                 const std::vector<double>& plain_squares = {});

  /// w_j E K^_j
  double mean(Index j) const { return mean_[static_cast<std::size_t>(j)]; }

  /// Writes the covariances of K^_j with K^_0 .. K^_j, given products[l] = v_j.v_l.
  void row(Index j, const double* products, double* out);

 private:
  void add_same_row(std::size_t j, const double* products, double* out);
  void add_harmonics(std::size_t j, const double* products, double* out);

  std::vector<double> squares_;
  std::vector<double> log_weights_;
  std::vector<double> levels_;  ///< the law's terms in one key's square
  std::vector<double> mean_;
  std::vector<double> inverse_norms_;
  bool constant_radii_;
  SameRowLaw same_row_;
  Degrees degrees_needed_ = Degrees::all;
  std::vector<HarmonicDegree> degrees_;
  std::vector<double> degree_weights_;             ///< none: rows are independent
  std::vector<std::vector<double>> coefficients_;  ///< by degree, then key
  std::vector<double> opposite_;
  std::vector<double> argument_;  ///< of the polynomials
  std::vector<double> polynomial_;
  std::vector<double> polynomial_before_;
};

}  // namespace bochner::estimator
