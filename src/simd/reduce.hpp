// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// \file
/// Reduction of large angles.

namespace bochner::simd {

/// x = (quadrant + 4 n) pi/2 + remainder, |remainder| <= pi/4.
struct ReducedAngle {
  std::uint32_t quadrant;
  double remainder;
};

/// For any |x| >= 1, relative error of the remainder below 2^-52; an infinity or a NaN leaves a
/// NaN. Multiplies by as many digits of 2/pi as x needs [PayneHanek83].
ReducedAngle reduce_large(double x) noexcept;

}  // namespace bochner::simd
