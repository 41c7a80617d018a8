// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/table.hpp"
#include "study/data_plan.hpp"
#include "study/pair_plans.hpp"

#include <string>

/// \file
/// Plans as text and as JSON.

namespace bochner::report {

/// The ranking, the planned map and its number of frequencies, for the rows of `input`.
std::string data_plan_text(const io::Table& input, const study::DataPlanRequest& request,
                           const study::DataPlan& plan);
std::string data_plan_json(const io::Table& input, const study::DataPlanRequest& request,
                           const study::DataPlan& plan);

/// The ranking, the planned map, its number by every basis, and which map reaches the target where
/// the planned one does not.
std::string pair_plans_text(const study::PairPlans& plans);
std::string pair_plans_json(const study::PairPlans& plans);

/// All pairs of a ball; `radius` as it was written.
std::string ball_plan_text(const FeatureMapSpec& spec, const std::string& radius,
                           const FrequencyPlan& plan);
std::string ball_plan_json(const FeatureMapSpec& spec, double radius, const FrequencyPlan& plan);

}  // namespace bochner::report
