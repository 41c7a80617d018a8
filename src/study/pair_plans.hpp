// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/plan.hpp"
#include "study/pair_study.hpp"

#include <string>
#include <vector>

/// \file
/// Plans for stated pairs: which map, and how many frequencies.

namespace bochner::study {

/// What a map needs so that the promise holds at each of the pairs.
struct PairPlan {
  FeatureMapSpec spec;  ///< with that many frequencies; its parameter from the mean over pairs
  FrequencyPlan plan;   ///< at the pair that needs the most
  std::string pair;     ///< its label
  double relative_error = 0.0;  ///< root mean square, worst pair, with the budget's columns
};

/// Plans of all maps that go with the kernel, the fewest columns first, those that cannot reach the
/// target last. Maps that the basis does not apply to are left out.
std::vector<PairPlan> plan_pairs(const Kernel& kernel, const std::vector<StudyPair>& pairs,
                                 const ErrorTarget& target, Basis basis, Index budget);

/// The plan of one map. Throws InvalidArgument where it has none.
PairPlan plan_pairs(FeatureMapSpec spec, const std::vector<StudyPair>& pairs,
                    const ErrorTarget& target, Basis basis, Index budget);

/// A map at the pairs, whatever stands behind the number.
struct BasisPlan {
  Basis basis;
  FrequencyPlan plan;
};
/// The plans of one map by every basis that applies to it.
std::vector<BasisPlan> all_bases(const PairPlan& planned, const std::vector<StudyPair>& pairs,
                                 const ErrorTarget& target);

/// All that there is to say of a kernel at some pairs.
struct PairPlans {
  Kernel kernel;
  std::vector<PairPlan> ranking;
  PairPlan planned;
  std::vector<BasisPlan> bases;  ///< of the planned map
};

}  // namespace bochner::study
