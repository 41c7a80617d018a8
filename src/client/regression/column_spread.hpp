// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// Where columns lie and how far they spread, whatever a few absurd entries say.

namespace bochner::regression {

struct ColumnSpread {
  std::vector<double> median;
  /// Interquartile range over that of the standard normal law; the standard deviation where that is
  /// zero, and 1 for a constant column.
  std::vector<double> spread;
};

template <Scalar T>
ColumnSpread column_spread(MatrixView<const T> x);

}  // namespace bochner::regression
