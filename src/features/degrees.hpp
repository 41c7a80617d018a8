// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/features/maclaurin.hpp"
#include "kernel/power_series.hpp"

#include <vector>

/// \file
/// Degrees of random Maclaurin columns.

namespace bochner::feature_functions {

/// Terms of the series that have columns of their own, and what is left for random ones.
struct ExactSplit {
  bool constant = false;
  bool linear = false;
  Index first_random = 0;  ///< the lowest degree that random columns may have

  Index columns(Index dim) const { return (constant ? 1 : 0) + (linear ? dim : 0); }
};
ExactSplit exact_split(ExactTerms exact, const PowerSeries& series);

/// P(N <= n) for n = first, first + 1, ..., P(N = n) proportional to a_n radius^(2n); what lies
/// beyond the last n is less than a bit of a double. Empty when no coefficient is left.
std::vector<double> degree_law(const PowerSeries& series, Index first, double radius);

}  // namespace bochner::feature_functions
