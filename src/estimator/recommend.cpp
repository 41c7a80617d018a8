// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/recommend.hpp"

#include "bochner/estimator/gram_error.hpp"
#include "bochner/estimator/plan.hpp"
#include "estimator/candidates.hpp"
#include "estimator/ranking.hpp"
#include "estimator/row_sample.hpp"

namespace bochner {

using namespace estimator;

namespace {

constexpr Index kSampledRows = 512;

}  // namespace

Recommendation recommend(const Kernel& kernel, MatrixView<const double> x,
                         MatrixView<const double> y, const Budget& budget,
                         const Execution& execution) {
  constexpr Door kDoor("recommend");
  require_request(kDoor, x, y, budget);
  const Matrix<double> queries = row_sample(x, kSampledRows, budget.seed, 0);
  // The same rows on both sides are sampled alike, so that the sample keeps its diagonal.
  const bool same = x.data == y.data && x.rows == y.rows;
  const Matrix<double> keys = row_sample(y, kSampledRows, budget.seed, same ? 0 : 1);
  std::vector<Candidate> candidates;
  for (const FeatureMapSpec& spec : candidate_specs(kDoor, kernel, queries, keys, budget)) {
    const PredictedGramError error =
        gram_error<double>(spec, queries.view(), keys.view(), execution);
    candidates.push_back(
        {.spec = spec, .error = error.relative_error, .cost = projection_cost(spec)});
  }
  Recommendation out;
  out.ranked = ranked(candidates);
  out.reason = reason_for(out.ranked, "predicted relative error of the Gram matrix");
  out.warning = error_expected(out.ranked.front().spec, queries.view(), keys.view()).warning;
  return out;
}

}  // namespace bochner
