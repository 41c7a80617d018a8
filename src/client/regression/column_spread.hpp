// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/training_rows.hpp"

#include <vector>

/// \file
/// Location and spread of columns, whatever a few outliers do. A row of weight w counts as w rows.

namespace bochner::regression {

struct ColumnSpread {
  std::vector<double> median;
  /// Standard deviation with the lowest and the highest hundredth of the weight clipped; that of
  /// all entries where this is zero, and 1 where they are equal up to the rounding of T.
  std::vector<double> spread;
};

/// Of the inputs; zeros and ones where no row has a positive weight.
template <Scalar T>
ColumnSpread column_spread(const TrainingRows<T>& rows);

}  // namespace bochner::regression
