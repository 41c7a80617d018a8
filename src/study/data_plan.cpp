// SPDX-License-Identifier: Apache-2.0
#include "study/data_plan.hpp"

#include "estimator/row_sample.hpp"

#include <algorithm>
#include <cstddef>

namespace bochner::study {
namespace {

std::optional<FeatureMapSpec> who_reaches(const Recommendation& advice,
                                          const DataPlanRequest& request,
                                          MatrixView<const double> rows) {
  std::optional<FeatureMapSpec> best;
  constexpr std::size_t kMostTried = 8;
  for (std::size_t i = 0; i < std::min(kMostTried, advice.ranked.size()); ++i) {
    FeatureMapSpec spec = advice.ranked[i].spec;
    spec.num_frequencies =
        frequencies_needed(spec, rows, rows, *request.target, request.basis, request.execution)
            .num_frequencies;
    if (spec.num_frequencies == 0) continue;
    if (!best || num_features(spec) < num_features(*best)) best = spec;
  }
  return best;
}

}  // namespace

DataPlan plan_data(const DataPlanRequest& request, MatrixView<const double> rows) {
  // Matrices over more rows have the same relative error, and take the square of the time.
  constexpr Index kMostRows = 4096;
  const Matrix<double> sample = estimator::row_sample(rows, kMostRows, request.budget.seed, 0);
  const MatrixView<const double> x = sample.view();
  DataPlan out;
  out.rows_used = x.rows;
  out.advice = recommend(request.kernel, x, x, request.budget, request.execution);
  out.spec = out.advice.ranked.front().spec;
  if (request.chosen) {
    out.spec = *request.chosen;
    out.spec.seed = request.budget.seed;
    FeatureMapSpec one = out.spec;
    one.num_frequencies = 1;
    out.spec.num_frequencies =
        std::max(out.spec.num_frequencies, request.budget.num_features / num_features(one));
  }
  out.expected = error_expected(out.spec, x, x, request.execution);
  if (!request.target) return out;
  out.plan = frequencies_needed(out.spec, x, x, *request.target, request.basis, request.execution);
  if (out.plan->num_frequencies == 0) out.reached_by = who_reaches(out.advice, request, x);
  return out;
}

}  // namespace bochner::study
