// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/fit_request.hpp"

namespace bochner::cli {

/// Throws UsageError for an option of `fit` that was given and, beside the others, would change
/// nothing.
void refuse_unused(const FitArguments& arguments, const pipeline::FitRequest& request);

}  // namespace bochner::cli
