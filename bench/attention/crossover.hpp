// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/support/report.hpp"

namespace bochner::bench {

/// Lengths from which random features are faster than exact attention: ours and PyTorch's.
void crossovers(Report& report);

/// The same, against ours, with as many frequencies as an output error of 10 % needs.
void crossovers_at_equal_error(Report& report);

}  // namespace bochner::bench
