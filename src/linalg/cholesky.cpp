// SPDX-License-Identifier: Apache-2.0
#include "linalg/cholesky.hpp"

#include "bochner/core/matrix.hpp"
#include "core/parallel.hpp"
#include "linalg/lower_tiles.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::linalg {
namespace {

/// Rows of R that are made at a time: deep enough that the products, not the traffic to the rest of
/// the matrix, take the time; no deeper than one fold of the engine.
constexpr Index kBlock = 128;
/// Columns of a tile of the rest.
constexpr Index kTile = 256;
static_assert(kBlock <= simd::kFoldRows);

constexpr Index tiles_in(Index n) { return (n + kTile - 1) / kTile; }

/// Rows first .. last - 1 of R, columns of the same range; `a` holds the lower triangle.
std::optional<Index> factor_diagonal(MatrixView<double> a, Index first, Index last) {
  for (Index i = first; i < last; ++i) {
    double* const row = a.row(i);
    for (Index j = i; j < last; ++j) row[j] = a(j, i);
    for (Index p = first; p < i; ++p) {
      const double* const above = a.row(p);
      const double factor = above[i];
      for (Index j = i; j < last; ++j) row[j] -= factor * above[j];
    }
    if (!(row[i] > 0.0) || !std::isfinite(row[i])) return i;
    const double pivot = std::sqrt(row[i]);
    row[i] = pivot;
    for (Index j = i + 1; j < last; ++j) row[j] /= pivot;
  }
  return std::nullopt;
}

/// The same rows of R right of the diagonal block: `columns` of them from column `begin` on.
void factor_strip(MatrixView<double> a, Index first, Index last, Index begin, Index columns) {
  for (Index i = first; i < last; ++i) {
    double* const row = a.row(i) + begin;
    for (Index j = 0; j < columns; ++j) row[j] = a(begin + j, i);
    for (Index p = first; p < i; ++p) {
      const double* const above = a.row(p) + begin;
      const double factor = a(p, i);
      for (Index j = 0; j < columns; ++j) row[j] -= factor * above[j];
    }
    const double pivot = a(i, i);
    for (Index j = 0; j < columns; ++j) row[j] /= pivot;
  }
}

/// b[i] -= sum_p r[p][i] b[p] for the rows i of one tile below the solved rows first .. last - 1.
void eliminate(MatrixView<const double> r, Index first, Index last, MatrixView<const double> minus,
               Index tile, MatrixView<double> b) {
  const Index begin = last + tile * kTile;
  const Index size = std::min(kTile, r.rows - begin);
  simd::kernels<double>().cross_update(r.row(first) + begin, r.row_stride, size, minus.data,
                                       minus.row_stride, b.cols, last - first, b.row(begin),
                                       b.row_stride);
}

}  // namespace

std::optional<Index> cholesky(MatrixView<double> a, const Execution& execution) {
  const Index n = a.rows;
  Matrix<double> minus(std::min(n, kBlock), simd::padded<double>(n));
  for (Index first = 0; first < n; first += kBlock) {
    const Index last = std::min(n, first + kBlock);
    if (const auto pivot = factor_diagonal(a, first, last)) return pivot;
    const Index tiles = tiles_in(n - last);
    parallel_for_blocks(tiles, execution, [&](Index tile, int) {
      const Index begin = last + tile * kTile;
      const Index columns = std::min(kTile, n - begin);
      factor_strip(a, first, last, begin, columns);
      for (Index i = first; i < last; ++i) {
        for (Index j = begin; j < begin + columns; ++j) minus(i - first, j) = -a(i, j);
      }
    });
    parallel_for_blocks(lower_tiles(tiles), execution, [&](Index tile, int) {
      const TilePosition at = lower_tile(tile);
      const Index row = last + at.row * kTile;
      const Index column = last + at.column * kTile;
      simd::kernels<double>().cross_update(minus.data() + row, minus.cols(),
                                           std::min(kTile, n - row), a.row(first) + column,
                                           a.row_stride, std::min(kTile, n - column), last - first,
                                           a.row(row) + column, a.row_stride);
    });
  }
  return std::nullopt;
}

void solve_transposed(MatrixView<const double> r, MatrixView<double> b,
                      const Execution& execution) {
  const Index n = r.rows;
  Matrix<double> minus(std::min(n, kBlock), simd::padded<double>(b.cols));
  for (Index first = 0; first < n; first += kBlock) {
    const Index last = std::min(n, first + kBlock);
    for (Index i = first; i < last; ++i) {
      double* const row = b.row(i);
      for (Index p = first; p < i; ++p) {
        const double* const above = b.row(p);
        for (Index c = 0; c < b.cols; ++c) row[c] -= r(p, i) * above[c];
      }
      for (Index c = 0; c < b.cols; ++c) {
        row[c] /= r(i, i);
        minus(i - first, c) = -row[c];
      }
    }
    parallel_for_blocks(tiles_in(n - last), execution,
                        [&](Index tile, int) { eliminate(r, first, last, minus.view(), tile, b); });
  }
}

void solve_upper(MatrixView<const double> r, MatrixView<double> b, const Execution& execution) {
  const Index n = r.rows;
  const Index blocks = (n + kBlock - 1) / kBlock;
  Matrix<double> sums(kBlock, simd::padded<double>(b.cols));
  for (Index block = blocks; block-- > 0;) {
    const Index first = block * kBlock;
    const Index last = std::min(n, first + kBlock);
    constexpr Index kRows = 16;  // rows of a share
    parallel_for_blocks((last - first + kRows - 1) / kRows, execution, [&](Index share, int) {
      const Index begin = share * kRows;
      const Index rows = std::min(kRows, last - first - begin);
      simd::kernels<double>().contract(r.row(first + begin) + last, r.row_stride, rows, n - last,
                                       b.row(last), b.row_stride, b.cols, sums.row(begin),
                                       sums.cols());
    });
    for (Index i = last; i-- > first;) {
      double* const row = b.row(i);
      for (Index c = 0; c < b.cols; ++c) row[c] -= sums(i - first, c);
      for (Index p = i + 1; p < last; ++p) {
        for (Index c = 0; c < b.cols; ++c) row[c] -= r(i, p) * b(p, c);
      }
      for (Index c = 0; c < b.cols; ++c) row[c] /= r(i, i);
    }
  }
}

double log_determinant(MatrixView<const double> r) {
  double sum = 0.0;
  for (Index i = 0; i < r.rows; ++i) sum += std::log(r(i, i));
  return 2.0 * sum;
}

}  // namespace bochner::linalg
