// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_means.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::attention_internals {
namespace {

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

/// Of one column of the keys of block b.
Moments moments(const MatrixView<const double>& keys, const BlocksOfRows& blocks, Index b,
                Index column) {
  const auto n = static_cast<double>(blocks.end(b) - blocks.first(b));
  Moments out;
  for (Index r = blocks.first(b); r < blocks.end(b); ++r) {
    out.mean += keys(blocks.row(r), column) / n;
  }
  for (Index r = blocks.first(b); r < blocks.end(b); ++r) {
    out.variance += std::pow(keys(blocks.row(r), column) - out.mean, 2) / n;
  }
  return out;
}

bool all_zero(const double* x, Index count) {
  return std::all_of(x, x + count, [](double e) { return e == 0.0; });
}

}  // namespace

BlockMeans::BlockMeans(const ExactKernel& kernel, const MatrixView<const double>& keys,
                       const BlocksOfRows& blocks)
    : shift_invariant_(kernel.shift_invariant()),
      dim_(keys.cols),
      rows_(blocks.count(), 2 * dim_ + 1 + (shift_invariant_ ? 1 : 0)) {
  for (Index b = 0; b < blocks.count(); ++b) {
    double constant = std::log(static_cast<double>(blocks.end(b) - blocks.first(b)));
    for (Index c = 0; c < dim_; ++c) {
      const auto [mean, variance] = moments(keys, blocks, b, c);
      rows_(b, dim_ + c) = variance;
      rows_(b, c) = shift_invariant_ ? mean * (1.0 - variance) : mean;
      if (shift_invariant_) constant += 0.5 * (mean * mean * (variance - 1.0) - variance);
    }
    rows_(b, 2 * dim_) = constant;
    if (shift_invariant_) rows_(b, 2 * dim_ + 1) = 1.0;
  }
}

void BlockMeans::lengthen(const double* query, double* out) const {
  double square = 0.0;
  for (Index c = 0; c < dim_; ++c) {
    out[c] = query[c];
    out[dim_ + c] = 0.5 * query[c] * query[c];
    square += query[c] * query[c];
  }
  out[2 * dim_] = 1.0;
  if (shift_invariant_) out[2 * dim_ + 1] = -0.5 * square;
}

void BlockMeans::pull_query(const double* query, const double* slope, double* out) const {
  if (all_zero(slope, rows_.cols())) {  // a row that no mean has met may be anything
    std::fill_n(out, dim_, 0.0);
    return;
  }
  const double own = shift_invariant_ ? slope[2 * dim_ + 1] : 0.0;
  for (Index c = 0; c < dim_; ++c) out[c] = slope[c] + (slope[dim_ + c] - own) * query[c];
}

void BlockMeans::pull_keys(const MatrixView<const double>& keys, const BlocksOfRows& blocks,
                           Index b, const double* slope, Matrix<double>& out) const {
  const bool untouched = all_zero(slope, rows_.cols());
  const auto n = static_cast<double>(blocks.end(b) - blocks.first(b));
  for (Index c = 0; c < dim_; ++c) {
    const auto [mean, variance] = moments(keys, blocks, b, c);
    double of_mean = slope[c];
    double of_variance = slope[dim_ + c];
    if (shift_invariant_) {
      const double constant = slope[2 * dim_];
      of_mean = (1.0 - variance) * (slope[c] - mean * constant);
      of_variance += 0.5 * (mean * mean - 1.0) * constant - mean * slope[c];
    }
    for (Index r = blocks.first(b); r < blocks.end(b); ++r) {
      const Index row = blocks.row(r);
      const double pulled = (of_mean + 2.0 * (keys(row, c) - mean) * of_variance) / n;
      out(row, c) = untouched ? 0.0 : pulled;
    }
  }
}

}  // namespace bochner::attention_internals
