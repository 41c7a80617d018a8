// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/plan.hpp"
#include "study/pair_study.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

/// \file
/// Plans for stated pairs and for whole balls, as `bochner plan` gives them.

namespace bochner::cli {

/// What a map needs so that the promise holds at each of the pairs.
struct PairPlan {
  FeatureMapSpec spec;  ///< with that many frequencies; its parameter from the mean over pairs
  FrequencyPlan plan;   ///< at the pair that needs the most
  std::string pair;     ///< its label
  double relative_error = 0.0;  ///< root mean square, worst pair, with the budget's columns
};

/// Plans of all maps that go with the kernel, the fewest columns first, those that cannot reach the
/// target last. Maps that the basis is not for are left out.
std::vector<PairPlan> plan_pairs(const Kernel& kernel, const std::vector<study::StudyPair>& pairs,
                                 const ErrorTarget& target, Basis basis, Index budget);

/// The plan of one map. Throws InvalidArgument where it has none.
PairPlan plan_pairs(FeatureMapSpec spec, const std::vector<study::StudyPair>& pairs,
                    const ErrorTarget& target, Basis basis, Index budget);

/// A map at the pairs, whatever stands behind the number.
struct BasisPlan {
  Basis basis;
  FrequencyPlan plan;
};
/// The plans of one map by every basis that is for it.
std::vector<BasisPlan> all_bases(const PairPlan& planned,
                                 const std::vector<study::StudyPair>& pairs,
                                 const ErrorTarget& target);

/// The ranking, the planned map, its number by every basis, and which map reaches the target where
/// the planned one does not.
std::string pairs_text(const Kernel& kernel, const std::vector<PairPlan>& ranking,
                       const PairPlan& planned, const std::vector<BasisPlan>& bases);
nlohmann::ordered_json pairs_json(const Kernel& kernel, const std::vector<PairPlan>& ranking,
                                  const PairPlan& planned, const std::vector<BasisPlan>& bases);

}  // namespace bochner::cli
