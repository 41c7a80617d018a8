// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/folds.hpp"
#include "bochner/client/regression/training_rows.hpp"
#include "bochner/core/execution.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"

#include <vector>

/// \file
/// What every fold adds to the moments of all rows.

namespace bochner::regression {

/// The rows of each fold, ascending.
std::vector<std::vector<Index>> fold_members(const Folds& folds);

/// The moments of each fold alone, and of all of them.
struct FoldMoments {
  std::vector<Matrix<double>> part;
  std::vector<Index> part_rows;
  Matrix<double> total;
  Index total_rows = 0;

  /// Those of the model that predicts a fold.
  Matrix<double> without(std::size_t fold) const;
};

/// Of [phi, y - offset, 1], for rows that have been checked.
template <Scalar T>
FoldMoments fold_moments(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                         const std::vector<std::vector<Index>>& members,
                         const std::vector<double>& offset, const Execution& execution);

}  // namespace bochner::regression
