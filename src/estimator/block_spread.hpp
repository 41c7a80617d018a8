// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <span>

/// \file
/// The mean of rows that come in independent blocks, and its variance.

namespace bochner::estimator {

struct BlockSpread {
  double mean = 0.0;
  double variance = 0.0;  ///< unbiased estimate of Var mean; NaN with fewer than two whole blocks
  double degrees_of_freedom =
      0.0;  ///< whole blocks, the fraction of a truncated one included, less one
  Index blocks = 0;
};

/// Of contributions in blocks of `block_size` rows, the last one perhaps truncated: with block
/// means g_b, w_b = n_b / m and c_b = w_b^2 / (1 - 2 w_b), the variance sum c_b (g_b - mean)^2 / (1
/// + sum c_b). Its expectation is sum w_b^2 Var g_b for any Var g_b. The factor for equal blocks is
/// 1 / (B (B - 1)), the textbook's.
BlockSpread block_spread(std::span<const double> rows, Index block_size);

}  // namespace bochner::estimator
