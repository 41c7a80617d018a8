// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/training_rows.hpp"
#include "bochner/core/matrix.hpp"

#include <span>
#include <vector>

/// \file
/// Copies of chosen rows.

namespace bochner::regression {

/// Of rows with targets or with labels: 1 where all count alike.
template <class Rows>
double weight_of(const Rows& rows, Index i) {
  return rows.weights.empty() ? 1.0
                              : static_cast<double>(rows.weights[static_cast<std::size_t>(i)]);
}

/// The rows `indices` of others, in that order.
template <Scalar T>
class GatheredRows {
 public:
  GatheredRows(const TrainingRows<T>& rows, std::span<const Index> indices)
      : x_(static_cast<Index>(indices.size()), rows.x.cols),
        targets_(static_cast<Index>(indices.size()), rows.targets.cols) {
    for (Index i = 0; i < x_.rows(); ++i) {
      const Index from = indices[static_cast<std::size_t>(i)];
      for (Index k = 0; k < x_.cols(); ++k) x_(i, k) = rows.x(from, k);
      for (Index c = 0; c < targets_.cols(); ++c) targets_(i, c) = rows.targets(from, c);
      if (!rows.weights.empty()) weights_.push_back(rows.weights[static_cast<std::size_t>(from)]);
    }
  }

  TrainingRows<T> rows() const { return {x_.view(), targets_.view(), weights_}; }

 private:
  Matrix<T> x_;
  Matrix<double> targets_;
  std::vector<T> weights_;
};

}  // namespace bochner::regression
