// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// Location and spread of columns, whatever a few outliers do.

namespace bochner::regression {

struct ColumnSpread {
  std::vector<double> median;
  /// Standard deviation with the lowest and the highest hundredth of the entries clipped; that of
  /// all entries where this is zero, and 1 where they are equal up to the rounding of T.
  std::vector<double> spread;
};

template <Scalar T>
ColumnSpread column_spread(MatrixView<const T> x);

}  // namespace bochner::regression
