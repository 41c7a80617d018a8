// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"

#include <algorithm>
#include <span>

/// \file
/// Vectors as arrays of an archive.

namespace bochner::regression {

/// 1 x n.
inline Matrix<double> row_matrix(std::span<const double> values) {
  Matrix<double> out(1, static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

}  // namespace bochner::regression
