// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/core/watcher.hpp"
#include "bochner/feature_map.hpp"

#include <string>
#include <vector>

/// \file
/// The relative Frobenius error of a whole matrix of kernel values against the number of
/// frequencies, predicted and measured: the attention matrix, for the softmax kernel.

namespace bochner::study {

/// What to study.
struct MatrixStudyPlan {
  Matrix<double> queries;
  Matrix<double> keys;
  std::vector<std::string> labels;   ///< of the maps' feature functions
  std::vector<FeatureMapSpec> maps;  ///< num_frequencies and seed are not used
  std::vector<Index> frequencies;    ///< ascending
  Seed seed{};
  Index redraws = 0;  ///< 0: closed forms alone
};

/// One map, one number of frequencies.
struct MatrixStudyCell {
  std::string label;  ///< of the feature function
  std::string features;
  std::string projection;
  Index num_frequencies = 0;
  Index num_features = 0;
  double predicted = 0.0;       ///< root of the mean square relative Frobenius error
  double measured = 0.0;        ///< the same over the redraws
  double measured_error = 0.0;  ///< one standard error
};

/// Cells by map, then by number of frequencies. Redraw r has the seed derived from (seed, r).
/// Throws InvalidArgument where a map or a row is not valid.
std::vector<MatrixStudyCell> study_matrix(const MatrixStudyPlan& plan, const Execution& execution,
                                          Watcher* watcher = nullptr);

}  // namespace bochner::study
