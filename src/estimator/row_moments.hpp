// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/row_law.hpp"
#include "estimator/scaled.hpp"

#include <span>

/// \file
/// The closed forms: what one row and one block contribute, as functions of one number.

namespace bochner::estimator {

/// Moments of h in natural units (see `RowLaw::natural`): where these are the kernel, nothing large
/// cancels, however large s is.
struct RowMoments {
  Scaled bias;      ///< E h - k / U, 0 where the marginal is exact
  Scaled variance;  ///< of one row
  Scaled block;     ///< size times the variance of the mean over one whole block
  Scaled pair{};    ///< twice the variance of the mean over a pair, where there are such
};

/// At s = |v|^2 >= 0. Relative accuracy 1e-12 of variance and block, at a cost that does not depend
/// on s; infinite where a >= 1/8 and radii are sampled.
RowMoments row_moments(const RowLaw& row, const BlockLaw& block, double s);

/// With one parameter per direction, of rows that are uncoupled but for opposite pairs, at s and t
/// = sum_l a_l v_l^2 / (1 - 8a_l), which `direction_sum` gives from the v_l^2: E h^2 / (E h)^2 is
///   prod_l (1 - 4a_l) (1 - 8a_l)^{-1/2} e^{v_l^2 / (1 - 8a_l)}
/// for one side, half of that plus half the first product times e^{-s} for both.
RowMoments row_moments(const RowLaw& row, const BlockLaw& block, double s, double t);
double direction_sum(const RowLaw& row, std::span<const double> squares);

/// Maps of sums with constant radii: their mean is e^{exponent / 2}, their variance e^{exponent}
/// times what varies slowly, in natural units. The exponent is a difference of numbers as large
/// as s, though itself no larger than a few dimensions where the parameter suits s; around its
/// maximum, e^{exponent} is like a normal density.
struct SphereRest {
  double log_variance = 0.0;
  double log_mean = 0.0;
  double ratio = 1.0;  ///< of the block's variance
};
SphereRest sphere_rest(const RowLaw& row, const BlockLaw& block, double s);
double sphere_exponent(const RowLaw& row, const BlockLaw& block, double s);

/// E h^order for order 1 to 4, in natural units; infinite where 4 order a >= 1 and radii are
/// sampled.
Scaled raw_moment(const RowLaw& row, const BlockLaw& block, int order, double s);
/// With one parameter per direction, from the v_l^2.
Scaled raw_moment(const RowLaw& row, int order, std::span<const double> squares);

}  // namespace bochner::estimator
