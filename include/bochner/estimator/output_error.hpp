// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <string>
#include <vector>

/// \file
/// The error of attention's output before it is computed.

namespace bochner {

/// What to expect of o^_i = sum_j k^(q_i, k_j) v_j / sum_j k^(q_i, k_j), to first order in the
/// error of the kernel estimates.
struct OutputError {
  std::vector<double> squared_error;        ///< E |o^_i - o_i|^2, one per query
  std::vector<double> squared_norm;         ///< |o_i|^2, one per query
  std::vector<double> normaliser_variance;  ///< Var D^_i / (E D^_i)^2, one per query
  double relative_error = 0.0;  ///< root mean square of |o^ - o| over that of |o|, all queries
  bool is_upper = false;  ///< whether coupled frequencies were taken as independent: see below
  std::string warning;    ///< empty, or why the first order is not enough
};

/// With weights p_j of a query, r^_j = k^(q, k_j) / k(q, k_j) and, where E r^_j = 1 (all but
/// constant radii), c_j = p_j (v_j - o),
///   E |o^ - o|^2 ~ sum_jl c_j.c_l Cov(r^_j, r^_l).
/// A row with itself: with z_j = q + k_j (after the kernel's scaling) and B^2 = 1 - 4a, n = 1 - 8a,
///   E r_j r_l = (1 - 4a)^d n^{-d/2} exp(B^2 |z_j + z_l|^2 / 2n - (|z_j|^2 + |z_l|^2) / 2)
/// for one-sided exponential features, and the mean over z_l and -z_l for two-sided ones;
/// trigonometric features have |q - k|^2 with the other sign. Rows of an orthogonal, antithetic,
/// simplex or (as if Haar) Hadamard block are coupled: a series in spherical harmonics, cut at
/// 1e-14 (docs/theory/variance.md). With one parameter per direction the exponent is a sum over
/// directions, and coupled rows have no closed form: they count as independent, an upper estimate,
/// and `is_upper` says so. With constant radii the outputs have a bias, which is exact,
/// and c_j is taken about their mean.
///
/// The formula is of first order: where denominators vary by more than a tenth of their value, a
/// warning says so; above a mean |q + k|^2 of 4 it says that the prediction is dominated by mass no
/// sample sees. The ratios of measured to predicted root mean squares are between 0.97 and 1.03 up
/// to a mean |q
/// + k|^2 of 1 for all maps and projections (`bench_output_error`).
///
/// O(n l^2) exponentials, and degrees (about ten at |z|^2 = 1) n l^2 for coupled rows, O(l^2 + n l)
/// memory: sample the rows. Same bits for any number of threads. Throws InvalidArgument when the
/// spec is not valid, its frequencies are quasi-random or not normal (Matern and others), shapes do
/// not match, a view is empty, or values are not finite.
BOCHNER_EXPORT OutputError output_error(const FeatureMapSpec& spec,
                                        MatrixView<const double> queries,
                                        MatrixView<const double> keys,
                                        MatrixView<const double> values,
                                        const Execution& execution = {});

}  // namespace bochner
