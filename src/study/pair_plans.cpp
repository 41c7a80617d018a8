// SPDX-License-Identifier: Apache-2.0
#include "study/pair_plans.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/registry.hpp"
#include "bochner/estimator/variance.hpp"
#include "estimator/row_law.hpp"
#include "study/pairs.hpp"

#include <algorithm>
#include <utility>

namespace bochner::study {

PairPlan plan_pairs(FeatureMapSpec spec, const std::vector<StudyPair>& pairs,
                    const ErrorTarget& target, Basis basis, Index budget) {
  double z2 = 0.0;
  for (const StudyPair& pair : pairs) {
    z2 += square_sum(pair, spec.kernel) / static_cast<double>(pairs.size());
  }
  spec.features = fitted(spec.features, z2, spec.input_dim);
  spec.num_frequencies = 1;
  spec.num_frequencies = std::max(estimator::least_frequencies(spec), budget / num_features(spec));
  PairPlan out;
  for (const StudyPair& pair : pairs) {
    FrequencyPlan plan = frequencies_needed(spec, pair.x, pair.y, target, basis);
    const bool out_of_reach = plan.num_frequencies == 0;
    out.relative_error =
        std::max(out.relative_error, kernel_moments(spec, pair.x, pair.y).relative_error);
    if (out.pair.empty() || out_of_reach ||
        (out.plan.num_frequencies != 0 && plan.num_frequencies > out.plan.num_frequencies)) {
      out.plan = std::move(plan);
      out.pair = pair.label;
    }
    if (out_of_reach) break;
  }
  out.spec = spec;
  out.spec.num_frequencies = std::max<Index>(1, out.plan.num_frequencies);
  return out;
}

std::vector<PairPlan> plan_pairs(const Kernel& kernel, const std::vector<StudyPair>& pairs,
                                 const ErrorTarget& target, Basis basis, Index budget) {
  std::vector<PairPlan> plans;
  for (const FeatureFunction& features : all_alternatives<FeatureFunction>()) {
    for (const Projection& projection : all_alternatives<Projection>()) {
      if (incompatibility(kernel, projection, features) ||
          estimator::closed_form_gap(kernel, projection)) {
        continue;
      }
      FeatureMapSpec spec{.input_dim = static_cast<Index>(pairs.front().x.size()),
                          .num_frequencies = 1,
                          .kernel = kernel,
                          .projection = projection,
                          .features = features,
                          .seed = {},
                          .transform = {}};
      // Bernstein's inequality is for bounded features, groups are of independent frequencies.
      if (basis == Basis::bernstein &&
          estimator::row_law(features).argument != RowLaw::Argument::difference) {
        continue;
      }
      if (basis == Basis::median_of_means &&
          estimator::block_law(projection, spec.input_dim).pairing == BlockLaw::Pairing::sketch) {
        continue;
      }
      plans.push_back(plan_pairs(std::move(spec), pairs, target, basis, budget));
    }
  }
  const auto columns = [](const PairPlan& p) { return num_features(p.spec); };
  std::stable_sort(plans.begin(), plans.end(), [&](const PairPlan& a, const PairPlan& b) {
    const bool reached_a = a.plan.num_frequencies != 0;
    const bool reached_b = b.plan.num_frequencies != 0;
    if (reached_a != reached_b) return reached_a;
    return reached_a ? columns(a) < columns(b)
                     : a.plan.log10_frequencies < b.plan.log10_frequencies;
  });
  return plans;
}

std::vector<BasisPlan> all_bases(const PairPlan& planned, const std::vector<StudyPair>& pairs,
                                 const ErrorTarget& target) {
  std::vector<BasisPlan> out;
  for (const Basis basis :
       {Basis::asymptotic, Basis::bernstein, Basis::chebyshev, Basis::median_of_means}) {
    try {
      out.push_back({basis, plan_pairs(planned.spec, pairs, target, basis, 2).plan});
    } catch (const InvalidArgument&) {
      // Not for this map: unbounded features, biased radii.
    }
  }
  return out;
}

}  // namespace bochner::study
