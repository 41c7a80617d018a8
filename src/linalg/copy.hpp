// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "core/assert.hpp"

namespace bochner::linalg {

/// Entries of `from` to `to`, of the same shape, any strides.
inline void copy(MatrixView<const double> from, MatrixView<double> to) {
  BOCHNER_ASSERT(from.rows == to.rows && from.cols == to.cols);
  for (Index i = 0; i < to.rows; ++i) {
    for (Index j = 0; j < to.cols; ++j) to(i, j) = from(i, j);
  }
}

}  // namespace bochner::linalg
