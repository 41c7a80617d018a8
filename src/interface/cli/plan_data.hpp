// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/plan_request.hpp"

#include <string>

/// \file
/// Plans for the Gram matrix of a file's rows, as `bochner plan --input` gives them.

namespace bochner::cli {

/// The ranking, the planned map and its number of frequencies, as text or JSON.
std::string plan_data(const PlanArguments& arguments, const PlanRequest& request);

}  // namespace bochner::cli
