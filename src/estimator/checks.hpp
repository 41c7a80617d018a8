// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/door.hpp"

#include <span>
#include <string_view>

/// \file
/// The checks that only the functions on errors have. All throw InvalidArgument.

namespace bochner::estimator {

/// Unless x has `dim` columns and finite entries.
template <Scalar T>
void require_inputs(const Door& door, std::string_view name, MatrixView<const T> x, Index dim) {
  door.columns(name, x, dim, "the spec's input_dim").finite(name, x);
}

/// Unless x and y are inputs of the spec, one row each.
void require_pair(const Door& door, std::span<const double> x, std::span<const double> y,
                  Index dim);

/// Unless x and y are inputs of the spec, a row of y per row of x.
template <Scalar T>
void require_row_pairs(const Door& door, MatrixView<const T> x, MatrixView<const T> y, Index dim) {
  require_inputs(door, "x", x, dim);
  door.rows("y", y, x.rows, "one per row of x");
  require_inputs(door, "y", y, dim);
}

/// Unless both have rows, equally many columns, and finite entries.
void require_two_samples(const Door& door, std::string_view x_name, MatrixView<const double> x,
                         std::string_view y_name, MatrixView<const double> y);

/// Unless a row's squared norm, after the kernel's scaling, leaves room for sums of squares.
void require_length(const Door& door, std::string_view name, Index row, double squared_norm);

/// Unless it leaves room for products of two of them.
void require_product_length(const Door& door, std::string_view name, Index row,
                            double squared_norm);

}  // namespace bochner::estimator
