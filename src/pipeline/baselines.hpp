// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/pipeline/model.hpp"

#include <span>
#include <string>
#include <vector>

/// \file
/// The models on either side of a random-feature regression: a linear one, and the exact kernel's.

namespace bochner::pipeline {

/// Predictions n x targets of another model, fitted to the same rows.
struct Baseline {
  std::string name;
  Matrix<double> predictions;
};

/// Most rows the exact kernel ridge is fitted to: n^2 numbers, n^3 / 3 operations.
inline constexpr Index kMostBaselineRows = 10'000;

/// Linear ridge and exact kernel ridge of `training` (raw rows: inputs, then targets; `weights` one
/// per row, not all zero), at the raw inputs `rows`, with the standardisation, the ridge and the
/// kernel of `model`, a regression. Both have an intercept that is not penalised. Throws
/// InvalidArgument when a system is singular.
std::vector<Baseline> baselines(const Model& model, MatrixView<const double> training,
                                std::span<const double> weights, MatrixView<const double> rows,
                                const Execution& execution);

}  // namespace bochner::pipeline
