// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"

/// \file
/// Rows of one head by themselves.

namespace bochner::attention_internals {

/// Rows of one head as a tensor in which every one of `batch` entries and `heads` heads is that
/// head.
template <class T>
TensorView<T, 4> for_all_heads(const MatrixView<T>& rows, Index batch, Index heads) {
  return {
      rows.data, {batch, heads, rows.rows, rows.cols}, {0, 0, rows.row_stride, rows.col_stride}};
}

/// Row r of the result is row at(r).
template <Scalar T, class At>
Matrix<T> gathered(const MatrixView<const T>& rows, Index count, const At& at) {
  Matrix<T> out(count, rows.cols);
  for (Index r = 0; r < count; ++r) {
    const Index from = at(r);
    for (Index c = 0; c < rows.cols; ++c) out(r, c) = rows(from, c);
  }
  return out;
}

}  // namespace bochner::attention_internals
