// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <span>

/// \file
/// The door of the functions on Gram matrices. All throw InvalidArgument.

namespace bochner::gram {

/// Unless x and y have `dim` columns.
void check_columns(const char* function, Index x_cols, Index y_cols, Index dim);

/// Unless `argument` is rows x cols; `meaning` says what these are.
void check_extents(const char* function, const char* argument, const MatrixView<const double>& view,
                   Index rows, Index cols, const char* meaning);

/// Unless `value` is finite and positive.
void check_positive(const char* function, const char* argument, double value);

/// Unless `value` is at least `least`.
void check_least(const char* function, const char* argument, Index value, Index least);

/// Unless 0 <= index < size.
void check_index(const char* function, const char* argument, Index index, Index size);

/// A contiguous vector as a matrix of one column.
template <class T>
MatrixView<T> column_of(std::span<T> vector) {
  return {vector.data(), static_cast<Index>(vector.size()), 1};
}

/// Row i of a product left the range of double.
[[noreturn]] void refuse_product(const char* function, Index i);

/// Unless `sum`, of squares, is finite, and 0 only if `largest`, the largest of what was squared,
/// is.
void check_sum_of_squares(const char* function, const char* what, double sum, double largest);
[[noreturn]] void refuse_overflow(const char* function, Index i, Index j);

}  // namespace bochner::gram
