// SPDX-License-Identifier: Apache-2.0
#include "client/gram/partial_cholesky.hpp"

#include "client/gram/tile_walk.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bochner::gram {

PartialCholesky::PartialCholesky(const ExactGram& gram, Index rank)
    : gram_(gram),
      capacity_(rank),
      factor_(gram.size(), simd::padded<double>(rank)),
      residual_(gram.diagonal()) {
  trace_ = residual_trace();
  floor_ = *std::max_element(residual_.begin(), residual_.end()) *
           std::numeric_limits<double>::epsilon() * static_cast<double>(gram.size());
}

double PartialCholesky::residual_trace() const {
  return std::accumulate(residual_.begin(), residual_.end(), 0.0);
}

Matrix<double> PartialCholesky::residual_columns(std::span<const Index> candidates,
                                                 const Execution& execution) const {
  const Index n = gram_.size();
  const Index old = rank();
  const auto count = static_cast<Index>(candidates.size());
  Matrix<double> columns(count, n);
  gram_.rows(candidates, columns.view(), execution);
  if (old == 0) return columns;
  const Index ld = simd::padded<double>(count);
  Matrix<double> chosen(count, old);
  for (Index k = 0; k < count; ++k) {
    std::copy_n(factor_.row(candidates[static_cast<std::size_t>(k)]), old, chosen.row(k));
  }
  Matrix<double> packed(old, ld);
  const MatrixView<const double> rows_of_f = chosen.view();
  simd::pack_columns<double>(rows_of_f.transpose(), packed.data());
  const Index blocks = row_blocks(n);
  std::vector<Matrix<double>> products(static_cast<std::size_t>(worker_count(blocks, execution)),
                                       Matrix<double>(simd::kBlockRows, ld));
  parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
    Matrix<double>& explained = products[static_cast<std::size_t>(worker)];
    const Index first = block * simd::kBlockRows;
    const Index rows = std::min(simd::kBlockRows, n - first);
    simd::kernels<double>().project(factor_.row(first), factor_.cols(), rows, packed.data(), old,
                                    count, explained.data(), ld);
    for (Index k = 0; k < count; ++k) {
      for (Index r = 0; r < rows; ++r) columns(k, first + r) -= explained(r, k);
    }
  });
  return columns;
}

void PartialCholesky::add(std::span<const Index> candidates,
                          const std::function<bool(Index, double)>& accept,
                          const Execution& execution) {
  const Index n = gram_.size();
  const Index old = rank();
  const auto count = static_cast<Index>(candidates.size());
  const Matrix<double> columns = residual_columns(candidates, execution);
  // The small factorisation decides which candidates become pivots.
  Matrix<double> h(count, count);
  for (Index k = 0; k < count; ++k) {
    for (Index l = 0; l < count; ++l) h(k, l) = columns(k, candidates[static_cast<std::size_t>(l)]);
  }
  std::vector<Index> taken;
  for (Index k = 0; k < count && !full(); ++k) {
    if (!(h(k, k) > floor_) || !accept(k, h(k, k))) continue;
    const double pivot = std::sqrt(h(k, k));
    for (Index l = k; l < count; ++l) h(k, l) /= pivot;
    for (Index i = k + 1; i < count; ++i) {
      for (Index l = i; l < count; ++l) h(i, l) -= h(k, i) * h(k, l);
    }
    taken.push_back(k);
    pivots_.push_back(candidates[static_cast<std::size_t>(k)]);
  }
  parallel_for_blocks(row_blocks(n), execution, [&](Index block, int) {
    const Index first = block * simd::kBlockRows;
    for (Index i = first; i < std::min(first + simd::kBlockRows, n); ++i) {
      double* const row = factor_.row(i) + old;
      double explained = 0.0;
      for (std::size_t t = 0; t < taken.size(); ++t) {
        double value = columns(taken[t], i);
        for (std::size_t s = 0; s < t; ++s) value -= row[s] * h(taken[s], taken[t]);
        row[t] = value / h(taken[t], taken[t]);
        explained += row[t] * row[t];
      }
      double& rest = residual_[static_cast<std::size_t>(i)];
      rest = std::max(rest - explained, 0.0);
    }
  });
  for (std::size_t t = 0; t < taken.size(); ++t) {
    residual_[static_cast<std::size_t>(pivots_[static_cast<std::size_t>(old) + t])] = 0.0;
  }
}

}  // namespace bochner::gram
