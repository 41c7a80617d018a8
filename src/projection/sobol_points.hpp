// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/random/stream.hpp"

#include <cstdint>

/// \file
/// Sobol's sequence and its scramble.

namespace bochner::projections {

/// Dimensions that the table of direction numbers covers.
inline constexpr Index kSobolDimensions = 3667;
inline constexpr Index kSobolPoints = Index{1} << 32;

/// Points 0, ..., m - 1 of the sequence (the first is 0), m x dim, as 32-bit fractions, not
/// scrambled.
Matrix<double> sobol_points(Index m, Index dim);

/// A 32-bit fraction scrambled: bit b is flipped by a random bit that belongs to the bits above it
/// [Owen95]; 20 random bits that belong to all 32 follow. Uniform on (0, 1) for every x, and equal
/// streams keep what two x have in common. Give each dimension a stream.
double owen_scrambled(const Stream& stream, std::uint32_t x) noexcept;

}  // namespace bochner::projections
