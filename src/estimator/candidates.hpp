// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/recommend.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// The maps that a recommendation chooses from.

namespace bochner::estimator {

/// Unless queries and keys match and are finite, and the budget has two columns.
void require_request(const Door& door, MatrixView<const double> queries,
                     MatrixView<const double> keys, const Budget& budget);

/// Every compatible feature function and projection whose error has a closed form, with parameters
/// and centres from the rows, with and without centring where it matters and the pair
/// transform where there is one, within the budget's columns. The door refuses when there is none.
std::vector<FeatureMapSpec> candidate_specs(const Door& door, const Kernel& kernel,
                                            const Matrix<double>& queries,
                                            const Matrix<double>& keys, const Budget& budget);

/// Multiplications and additions of projecting a row.
double projection_cost(const FeatureMapSpec& spec);

}  // namespace bochner::estimator
