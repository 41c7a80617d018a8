// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/random/stream.hpp"

#include <cstdint>

/// \file
/// Laws of spectral measures, as pure functions of a stream (tier A). `draw_gamma` and
/// `draw_positive_stable` read substreams of their own: one stream may serve both, beside its own
/// words, and the draws are independent.

namespace bochner {

/// Exponential with mean 1, from word `index`: -ln U.
double draw_exponential(const Stream& stream, std::uint64_t index) noexcept;

/// Laplace with scale 1 (density exp(-|x|) / 2), from word `index`.
double draw_laplace(const Stream& stream, std::uint64_t index) noexcept;

/// Standard Cauchy, from word `index`: -cot(pi U).
double draw_cauchy(const Stream& stream, std::uint64_t index) noexcept;

/// Gamma with the given shape > 0 and scale 1 [Marsaglia00]: about 1.05 trials of two words. Below
/// shape 1, a draw at shape + 1 times U^(1/shape); shapes below 1e-2 may underflow to 0.
double draw_gamma(const Stream& stream, double shape) noexcept;

/// Positive stable of index a in (0, 1), E exp(-t S) = exp(-t^a), by Kanter's formula [Kanter75]:
///   S = sin(a U) / sin(U)^(1/a) (sin((1 - a) U) / E)^((1 - a)/a),
/// U uniform on (0, pi), E exponential. Finite for a >= 0.1; heavier laws may overflow to infinity.
double draw_positive_stable(const Stream& stream, double index) noexcept;

}  // namespace bochner
