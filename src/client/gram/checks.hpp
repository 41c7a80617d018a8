// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "core/door.hpp"

#include <span>
#include <string_view>

/// \file
/// What the door of a function on Gram matrices checks besides numbers and shapes. All throw
/// InvalidArgument.

namespace bochner::gram {

/// Unless `matrix` has as many rows as another; `meaning` says which.
void require_size(const Door& door, std::string_view matrix, Index rows, Index expected,
                  std::string_view meaning);

/// Unless `sum`, of squares, is finite, and 0 only where `largest`, the largest number squared, is
/// 0.
void require_sum_of_squares(const Door& door, std::string_view what, double sum, double largest);

/// Row i of a product left the range of double.
[[noreturn]] void refuse_product(const Door& door, Index i);
/// And so did the entry of row i of x and row j of y.
[[noreturn]] void refuse_overflow(const Door& door, Index i, Index j);

/// A contiguous vector as a matrix of one column.
template <class T>
MatrixView<T> column_of(std::span<T> vector) {
  return {vector.data(), static_cast<Index>(vector.size()), 1};
}

}  // namespace bochner::gram
