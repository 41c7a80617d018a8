// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// The mean of rows.

namespace bochner::estimator {

template <class T>
std::vector<double> mean_row(MatrixView<const T> x) {
  std::vector<double> mean(static_cast<std::size_t>(x.cols), 0.0);
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) {
      mean[static_cast<std::size_t>(k)] +=
          static_cast<double>(x(i, k)) / static_cast<double>(x.rows);
    }
  }
  return mean;
}

}  // namespace bochner::estimator
