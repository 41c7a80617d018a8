// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/kernel_test.hpp"

namespace bochner::gram {

/// Sets the p-value from the other members. `unit` is the size of the terms that statistics sum.
inline void set_p_value(KernelTest& test, double unit) {
  constexpr double kRounding = 1e-12;
  Index as_large = 1;
  for (const double value : test.permuted) {
    if (value >= test.statistic - kRounding * unit) ++as_large;
  }
  test.p_value = static_cast<double>(as_large) / static_cast<double>(1 + test.permuted.size());
}

}  // namespace bochner::gram
