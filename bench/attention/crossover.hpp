// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/support/report.hpp"

namespace bochner::bench {

/// Lengths from which random features are faster than exact attention: ours, PyTorch's, and at an
/// output error of 10 %.
void crossovers(Report& report);

}  // namespace bochner::bench
