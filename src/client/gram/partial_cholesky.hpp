// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/exact.hpp"

#include <functional>
#include <span>
#include <vector>

/// \file
/// K ~ F F^T, column by column.

namespace bochner::gram {

/// A Cholesky factorisation of K that stops early. `residual()` is the diagonal of K - F F^T.
class PartialCholesky {
 public:
  PartialCholesky(const ExactGram& gram, Index rank);

  Index rank() const noexcept { return static_cast<Index>(pivots_.size()); }
  bool full() const noexcept { return rank() == capacity_; }
  const std::vector<Index>& pivots() const noexcept { return pivots_; }
  const std::vector<double>& residual() const noexcept { return residual_; }
  double residual_trace() const;
  double trace() const noexcept { return trace_; }
  /// F, n x rank().
  MatrixView<const double> factor() const { return factor_.view().middle_cols(0, rank()); }

  /// Takes candidates in order. Candidate k becomes a pivot if accept(k, d) says so, where d is
  /// what those taken before it leave of residual()[candidates[k]], if d is more than rounding, and
  /// while there is room.
  void add(std::span<const Index> candidates, const std::function<bool(Index, double)>& accept,
           const Execution& execution);

 private:
  /// Columns of K - F F^T, transposed.
  Matrix<double> residual_columns(std::span<const Index> candidates,
                                  const Execution& execution) const;

  const ExactGram& gram_;
  Index capacity_;
  Matrix<double> factor_;
  std::vector<double> residual_;
  std::vector<Index> pivots_;
  double trace_ = 0.0;
  double floor_ = 0.0;
};

}  // namespace bochner::gram
