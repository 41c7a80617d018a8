// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// The other end of a chi law (tier A).

namespace bochner {

/// r' with F(r') = 1 - F(r), F the law of chi(degrees), degrees >= 2 and r > 0: itself chi(degrees)
/// where r is. Relative accuracy 1e-13 for r of such a law, whose tails count as 1e-200 at least:
/// to that, `complementary_chi(r', degrees)` is r again. O(sqrt(degrees)).
double complementary_chi(double r, Index degrees) noexcept;

}  // namespace bochner
