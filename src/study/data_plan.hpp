// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/plan.hpp"
#include "bochner/estimator/recommend.hpp"

#include <optional>

/// \file
/// Plans for the Gram matrix of rows: which map, and how many frequencies.

namespace bochner::study {

/// What is asked.
struct DataPlanRequest {
  Kernel kernel;
  Budget budget;                         ///< what maps are ranked at
  std::optional<FeatureMapSpec> chosen;  ///< with at least that many frequencies, and as many as
                                         ///< the budget has; nothing: the first of the ranking
  std::optional<ErrorTarget> target;     ///< nothing: the ranking alone
  Basis basis = Basis::asymptotic;
  Execution execution;
};

/// The answer.
struct DataPlan {
  Index rows_used = 0;
  Recommendation advice;
  FeatureMapSpec spec;  ///< the map planned for
  ExpectedError expected;
  std::optional<FrequencyPlan> plan;
  /// Where the map cannot reach the target: the one of the best ranked that does with the fewest
  /// columns, and as many frequencies as it takes.
  std::optional<FeatureMapSpec> reached_by;
};

/// From a sample of up to 4,096 rows, drawn by the budget's seed. Throws as `recommend`,
/// `error_expected` and `frequencies_needed`.
DataPlan plan_data(const DataPlanRequest& request, MatrixView<const double> rows);

}  // namespace bochner::study
