// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "client/gram/feature_source.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// Products with Phi, Phi^T and Phi^T Phi, in double, powers of two kept apart.

namespace bochner::gram {

/// Columns of numbers with one power of two each: column c stands for values(:, c) 2^exponent[c].
struct ScaledColumns {
  Matrix<double> values;
  std::vector<std::int64_t> exponent;
};

/// Phi^T b, D x k, for b n x k, where row i of Phi is 2^a_i phi_i.
template <Scalar T>
ScaledColumns transposed_product(const FeatureSource<T>& source, MatrixView<const double> b,
                                 const Execution& execution);

/// out = Phi s, n x k. Throws InvalidArgument when an entry overflows.
template <Scalar T>
void product(const Door& door, const FeatureSource<T>& source, const ScaledColumns& s,
             MatrixView<double> out, const Execution& execution);

/// The lower triangle of sum_i 2^(2 (a_i - max a)) phi_i phi_i^T, D x D with rows padded to whole
/// panels. D^2 + 2,048 D numbers of memory.
template <Scalar T>
Matrix<double> feature_moments(const FeatureSource<T>& source, const Execution& execution);

}  // namespace bochner::gram
