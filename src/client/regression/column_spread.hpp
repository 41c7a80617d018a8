// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// Where columns lie and how far they spread, whatever a few outliers say.

namespace bochner::regression {

struct ColumnSpread {
  std::vector<double> median;
  /// Standard deviation with the lowest and the highest hundredth of the entries moved to their
  /// inner ends; of all entries where that is zero, and 1 where they are equal up to the rounding
  /// of T.
  std::vector<double> spread;
};

template <Scalar T>
ColumnSpread column_spread(MatrixView<const T> x);

}  // namespace bochner::regression
