// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/recommend.hpp"

#include <vector>

/// \file
/// The maps that a recommendation chooses from.

namespace bochner {

/// Throws InvalidArgument when queries and keys do not match or are not finite, or the budget is
/// below two columns.
void check_request(const char* function, MatrixView<const double> queries,
                   MatrixView<const double> keys, const Budget& budget);

/// Every compatible feature function and projection whose error has a closed form, parameters and
/// centres from the rows, with and without centring where it matters, with `budget` columns. Throws
/// InvalidArgument when there is none.
std::vector<FeatureMapSpec> candidate_specs(const Kernel& kernel, const Matrix<double>& queries,
                                            const Matrix<double>& keys, const Budget& budget);

/// Multiplications and additions of projecting a row.
double projection_cost(const FeatureMapSpec& spec);

}  // namespace bochner
