// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_means.hpp"

#include <cmath>

namespace bochner::attention_internals {

BlockMeans::BlockMeans(const ExactKernel& kernel, const MatrixView<const double>& keys,
                       const BlocksOfRows& blocks)
    : shift_invariant_(kernel.shift_invariant()),
      dim_(keys.cols),
      rows_(blocks.count(), 2 * dim_ + (shift_invariant_ ? 1 : 0)),
      constants_(static_cast<std::size_t>(blocks.count())) {
  for (Index b = 0; b < blocks.count(); ++b) {
    const auto n = static_cast<double>(blocks.end(b) - blocks.first(b));
    double constant = std::log(n);
    for (Index c = 0; c < dim_; ++c) {
      double mean = 0.0;
      for (Index r = blocks.first(b); r < blocks.end(b); ++r) mean += keys(blocks.row(r), c) / n;
      double variance = 0.0;
      for (Index r = blocks.first(b); r < blocks.end(b); ++r) {
        variance += std::pow(keys(blocks.row(r), c) - mean, 2) / n;
      }
      rows_(b, dim_ + c) = variance;
      rows_(b, c) = shift_invariant_ ? mean * (1.0 - variance) : mean;
      if (shift_invariant_) constant += 0.5 * (mean * mean * (variance - 1.0) - variance);
    }
    if (shift_invariant_) rows_(b, 2 * dim_) = 1.0;
    constants_[static_cast<std::size_t>(b)] = constant;
  }
}

void BlockMeans::lengthen(const double* query, double* out) const {
  double square = 0.0;
  for (Index c = 0; c < dim_; ++c) {
    out[c] = query[c];
    out[dim_ + c] = 0.5 * query[c] * query[c];
    square += query[c] * query[c];
  }
  if (shift_invariant_) out[2 * dim_] = -0.5 * square;
}

}  // namespace bochner::attention_internals
