// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/blocks_of_rows.hpp"
#include "client/attention/exact_kernel.hpp"

#include <vector>

/// \file
/// Blocks of keys, each as one key: the logit of a block is a product of a longer query with a
/// longer key.

namespace bochner::attention_internals {

/// log sum_(k in block) k(q, k), to second order in the keys about their mean: with x = A(q - c),
/// y = A(k - c), m and s the means and variances of y in the block,
///   x.m + x^T diag(s) x / 2 + log n for softmax kernels (c = 0),
///   -|x - m|^2 / 2 + (x - m)^T diag(s) (x - m) / 2 - sum s / 2 + log n for Gaussian ones,
/// either of which is [x, x o x / 2, 1, -|x|^2 / 2] times a row for the block.
class BlockMeans {
 public:
  /// `keys` are A(k - c), numbered as in `blocks`.
  BlockMeans(const ExactKernel& kernel, const MatrixView<const double>& keys,
             const BlocksOfRows& blocks);

  Index count() const noexcept { return rows_.rows(); }
  /// A longer row for each block.
  const Matrix<double>& rows() const noexcept { return rows_; }
  /// The longer row of a query, of as many elements.
  void lengthen(const double* query, double* out) const;

  /// The gradient with respect to a query from that with respect to its longer row.
  void pull_query(const double* query, const double* slope, double* out) const;
  /// The gradients with respect to the keys of block b of `blocks` from that with respect to its
  /// row; zeros from zeros, whatever the keys.
  void pull_keys(const MatrixView<const double>& keys, const BlocksOfRows& blocks, Index b,
                 const double* slope, Matrix<double>& out) const;

 private:
  bool shift_invariant_;
  Index dim_;
  Matrix<double> rows_;
};

}  // namespace bochner::attention_internals
