// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/fit.hpp"

namespace bochner::pipeline {

/// What can be known before a file is opened. Throws InvalidRequest.
void require_valid(const FitRequest& request);

/// Throws InvalidRequest where feature errors are asked for of frequencies that were drawn as one
/// block; `request.spec` has the file's input_dim.
void require_draws(const FitRequest& request);

}  // namespace bochner::pipeline
