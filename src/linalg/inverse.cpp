// SPDX-License-Identifier: Apache-2.0
#include "linalg/inverse.hpp"

#include "linalg/copy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner::linalg {
namespace {

/// The largest sum of a row's sizes.
double row_sum_norm(MatrixView<const double> a) {
  double largest = 0.0;
  for (Index i = 0; i < a.rows; ++i) {
    double sum = 0.0;
    for (Index j = 0; j < a.cols; ++j) sum += std::abs(a(i, j));
    largest = std::isnan(sum) ? sum : std::max(largest, sum);
  }
  return largest;
}

/// The row from k on whose entry in column k is the largest.
Index pivot_row(const Matrix<double>& work, Index k) {
  Index best = k;
  for (Index i = k + 1; i < work.rows(); ++i) {
    if (std::abs(work(i, k)) > std::abs(work(best, k))) best = i;
  }
  return best;
}

}  // namespace

Inverse inverse(MatrixView<const double> a) {
  const Index n = a.rows;
  Matrix<double> work(n, 2 * n);  // [A, 1] becomes [1, A^-1]
  copy(a, work.view().middle_cols(0, n));
  for (Index i = 0; i < n; ++i) work(i, n + i) = 1.0;
  for (Index k = 0; k < n; ++k) {
    const Index pivot = pivot_row(work, k);
    if (pivot != k) std::swap_ranges(work.row(k), work.row(k) + 2 * n, work.row(pivot));
    const double factor = 1.0 / work(k, k);
    for (Index j = k; j < 2 * n; ++j) work(k, j) *= factor;
    for (Index i = 0; i < n; ++i) {
      const double multiple = work(i, k);
      if (i == k || multiple == 0.0) continue;
      for (Index j = k; j < 2 * n; ++j) work(i, j) -= multiple * work(k, j);
    }
  }
  Inverse out{.matrix = Matrix<double>(n, n)};
  copy(work.view().middle_cols(n, n), out.matrix);
  out.condition = row_sum_norm(a) * row_sum_norm(out.matrix.view());
  if (std::isnan(out.condition)) out.condition = std::numeric_limits<double>::infinity();
  return out;
}

}  // namespace bochner::linalg
