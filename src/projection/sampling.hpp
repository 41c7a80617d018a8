// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/projection/radii.hpp"
#include "kernel/frequency_law.hpp"

#include <functional>
#include <span>

/// \file
/// Drawing frequencies. Row i (block b of an orthogonal draw) reads only its own counters, so
/// growing the number of frequencies keeps the old ones.

namespace bochner::projections {

/// Uniform numbers that one frequency is made of.
Index num_uniforms(const FrequencyLaw& law);

/// Frequency `row` from uniform numbers: through the quantile function of normal coordinates, times
/// the measure's scale, or as the measure defines it.
void draw_from_uniforms(const FrequencyLaw& law, Index row, const double* u, std::span<double> out);

/// Frequency `row` of an independent draw.
void draw_independent_row(const FrequencyLaw& law, Index row, std::span<double> out);

/// Frequencies first, first + 1, ... of one block as orthonormal directions of uniform law: a later
/// row does not change an earlier one.
void draw_orthonormal_rows(const FrequencyLaw& law, Index first, MatrixView<double> rows);

/// Multiplies each row by the norm of its frequency.
void draw_radii(Radii radii, const FrequencyLaw& law, Index first, MatrixView<double> rows);

/// Blocks of `dim` orthonormal directions, which `shape` may change before they get their norms.
Matrix<double> draw_blocks(Radii radii, const FrequencyLaw& law,
                           const std::function<void(MatrixView<double>)>& shape);

/// The largest factor sqrt(u) of the law's frequencies, relative to their chi(dim) norms; O(m).
double largest_scale(const FrequencyLaw& law);

/// The norm of frequency `row`: chi(dim) times the measure's scale, or sqrt(dim) times it. `dim` is
/// also the number of rows of a block.
double draw_radius(Radii radii, const FrequencyLaw& law, Index dim, Index row);

}  // namespace bochner::projections
