// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/support/report.hpp"

namespace bochner::bench {

/// OpenBLAS' product of two 2048 x 2048 matrices on one thread, in floating-point operations. Says
/// in a note which of its kernels runs.
Work sgemm(Report& report);

}  // namespace bochner::bench
