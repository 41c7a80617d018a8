// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/fit.hpp"

namespace bochner::pipeline {

/// What can be known before a file is opened. Throws InvalidRequest.
void require_valid(const FitRequest& request);

}  // namespace bochner::pipeline
