// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/row_law.hpp"
#include "estimator/scaled.hpp"

/// \file
/// The closed forms of math: what one row and one block contribute, as functions of one number.

namespace bochner {

/// Moments of h (see `RowLaw`), in units of U and U^2.
struct RowMoments {
  Scaled bias;      ///< E h - k / U, 0 where the marginal is exact
  Scaled variance;  ///< of one row
  Scaled block;     ///< size times the variance of the mean over one whole block
  Scaled pair{};    ///< twice the variance of the mean over an opposite pair, where there are such
};

/// At s = |v|^2 >= 0. Relative accuracy 1e-12 of variance and block; infinite where a >= 1/8 and
/// radii are sampled.
RowMoments row_moments(const RowLaw& row, const BlockLaw& block, double s);

/// E h^order for order 1 to 4, in units of U^order; infinite where 4 order a >= 1 and radii are
/// sampled.
Scaled raw_moment(const RowLaw& row, const BlockLaw& block, int order, double s);

}  // namespace bochner
