// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/study_request.hpp"

namespace bochner::cli {

/// Adds the maps that --features and --projection name, those of one projection side by side, to a
/// request that has its kernel, pairs and matrix. Throws UsageError with the reason where one that
/// was named cannot be studied.
void add_maps(const StudyArguments& arguments, StudyRequest& request);

}  // namespace bochner::cli
