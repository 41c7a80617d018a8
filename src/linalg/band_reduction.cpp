// SPDX-License-Identifier: Apache-2.0
#include "linalg/band_reduction.hpp"

#include "core/parallel.hpp"
#include "linalg/dot.hpp"
#include "linalg/lower_tiles.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bochner::linalg {
namespace {

/// Diagonals of B below the main one, and columns of a panel: deep enough for the products, narrow
/// enough that factoring B at a shift costs little.
constexpr Index kWidth = 64;
/// Tiles of A, counted from its first row and column.
constexpr Index kBandTile = 256;
static_assert(kBandTile % kWidth == 0 && 2 * kWidth <= simd::kFoldRows);
constexpr Index kRows = simd::kBlockRows;

constexpr Index blocks_of(Index n, Index size) { return (n + size - 1) / size; }

const simd::Kernels<double>& engine() { return simd::kernels<double>(); }

/// out = a s for any number of rows of a.
void multiply(MatrixView<const double> a, MatrixView<const double> s, MatrixView<double> out,
              const Execution& execution) {
  parallel_for_blocks(blocks_of(a.rows, kRows), execution, [&](Index block, int) {
    const Index first = block * kRows;
    engine().contract(a.row(first), a.row_stride, std::min(kRows, a.rows - first), a.cols, s.data,
                      s.row_stride, s.cols, out.row(first), out.row_stride);
  });
}

/// out = a^T b.
void multiply_transposed(MatrixView<const double> a, MatrixView<const double> b,
                         MatrixView<double> out, const Execution& execution) {
  constexpr Index kShare = 16;  // rows of `out`
  parallel_for_blocks(blocks_of(a.cols, kShare), execution, [&](Index share, int) {
    const Index first = share * kShare;
    const Index count = std::min(kShare, a.cols - first);
    for (Index i = first; i < first + count; ++i) std::fill_n(out.row(i), out.cols, 0.0);
    engine().cross_update(a.data + first, a.row_stride, count, b.data, b.row_stride, b.cols, a.rows,
                          out.row(first), out.row_stride);
  });
}

/// Householder QR of the matrix whose columns are the rows of `e`. Leaves R_jl in e(l, j), j <= l,
/// and the reflectors v_j (1 at place j, 0 before) in the rows of `v`; tau in its own array.
void factor_panel(MatrixView<double> e, MatrixView<double> v, double* tau) {
  for (Index j = 0; j < e.rows; ++j) {
    double* const reflector = v.row(j);
    std::fill_n(reflector, e.cols, 0.0);
    tau[j] = 0.0;
    if (j >= e.cols) continue;
    double* const x = e.row(j);
    reflector[j] = 1.0;
    const double tail = dot(x + j + 1, x + j + 1, e.cols - j - 1);
    if (tail == 0.0) continue;
    const double norm = std::sqrt(x[j] * x[j] + tail);
    const double pivot = x[j] > 0.0 ? -norm : norm;
    tau[j] = (pivot - x[j]) / pivot;
    for (Index i = j + 1; i < e.cols; ++i) reflector[i] = x[i] / (x[j] - pivot);
    x[j] = pivot;
    for (Index l = j + 1; l < e.rows; ++l) {
      double* const other = e.row(l) + j;
      const double factor = tau[j] * dot(reflector + j, other, e.cols - j);
      for (Index i = 0; i < e.cols - j; ++i) other[i] -= factor * reflector[j + i];
    }
  }
}

/// T of I - V T V^T, from V^T V.
Matrix<double> triangle(MatrixView<const double> products, const double* tau) {
  Matrix<double> t(kWidth, kWidth);
  for (Index j = 0; j < kWidth; ++j) {
    for (Index i = 0; i < j; ++i) {
      double sum = 0.0;
      for (Index p = i; p < j; ++p) sum += t(i, p) * products(p, j);
      t(i, j) = -tau[j] * sum;
    }
    t(j, j) = tau[j];
  }
  return t;
}

Matrix<double> transposed(const Matrix<double>& t) {
  Matrix<double> out(t.cols(), t.rows());
  for (Index i = 0; i < t.rows(); ++i) {
    for (Index j = 0; j < t.cols(); ++j) out(j, i) = t(i, j);
  }
  return out;
}

/// The rows and columns of A from `first` on: its lower triangle in tiles of A's own grid, those on
/// the diagonal in full.
class TrailingMatrix {
 public:
  TrailingMatrix(MatrixView<double> a, Index first) : a_(a), first_(first) {}

  /// z = S v.
  void multiply(MatrixView<const double> v, MatrixView<double> z,
                const Execution& execution) const {
    parallel_for_blocks(blocks_of(a_.rows - first_, kRows), execution, [&](Index share, int) {
      const Index row = first_ + share * kRows;
      const Index rows = std::min(kRows, a_.rows - row);
      const Index end = std::min(a_.rows, (row / kBandTile + 1) * kBandTile);
      double* const out = z.row(row - first_);
      engine().contract(a_.row(row) + first_, a_.row_stride, rows, end - first_, v.data,
                        v.row_stride, v.cols, out, z.row_stride);
      engine().cross_update(a_.row(end) + row, a_.row_stride, rows, v.row(end - first_),
                            v.row_stride, v.cols, a_.rows - end, out, z.row_stride);
    });
  }

  /// S += left^T right.
  void update(MatrixView<const double> left, MatrixView<const double> right,
              const Execution& execution) const {
    const Index first_tile = first_ / kBandTile;
    const Index tiles = blocks_of(a_.rows, kBandTile) - first_tile;
    parallel_for_blocks(lower_tiles(tiles), execution, [&](Index tile, int) {
      const TilePosition at = lower_tile(tile);
      const auto [row, rows] = extent(first_tile + at.row);
      const auto [column, columns] = extent(first_tile + at.column);
      engine().cross_update(left.data + (row - first_), left.row_stride, rows,
                            right.data + (column - first_), right.row_stride, columns, left.rows,
                            a_.row(row) + column, a_.row_stride);
    });
  }

 private:
  std::pair<Index, Index> extent(Index tile) const {
    const Index begin = std::max(tile * kBandTile, first_);
    return {begin, std::min((tile + 1) * kBandTile, a_.rows) - begin};
  }

  MatrixView<double> a_;
  Index first_;
};

/// The lower triangle's entries in the upper one, within the tiles on the diagonal.
void mirror_diagonal_tiles(MatrixView<double> a) {
  for (Index i = 0; i < a.rows; ++i) {
    const Index end = std::min(a.rows, (i / kBandTile + 1) * kBandTile);
    for (Index j = i + 1; j < end; ++j) a(i, j) = a(j, i);
  }
}

}  // namespace

BandReduction::BandReduction(Matrix<double> a, Index n, const Execution& execution)
    : a_(std::move(a)), band_(n, std::min(kWidth, std::max<Index>(n - 1, 0))) {
  const MatrixView<double> whole = a_.view().middle_rows(0, n).middle_cols(0, n);
  mirror_diagonal_tiles(whole);
  const auto copy_band_columns = [&](Index begin, Index end) {
    for (Index j = begin; j < end; ++j) {
      for (Index i = j; i < std::min(n, j + kWidth + 1); ++i) band_(i, j) = a_(i, j);
    }
  };
  for (Index first = 0; first < n; first += kWidth) {
    const Index below = first + kWidth;
    const Index m = n - below;
    if (m <= 0) {
      copy_band_columns(first, n);
      break;
    }
    // The panel, one column a row.
    Matrix<double> e(kWidth, simd::padded<double>(m));
    Matrix<double> left(2 * kWidth, e.cols());
    double tau[kWidth];
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < kWidth; ++j) e(j, i) = a_(below + i, first + j);
    }
    factor_panel(e.view().middle_cols(0, m), left.view().middle_cols(0, m), tau);
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < kWidth; ++j) a_(below + i, first + j) = i <= j ? e(j, i) : 0.0;
    }
    copy_band_columns(first, below);
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < kWidth; ++j) a_(below + i, first + j) = left(j, i);
    }
    panels_.push_back({first, {}});
    const MatrixView<const double> v = reflectors(panels_.back());

    Matrix<double> small(kWidth, kWidth);
    multiply_transposed(v, v, small.view(), execution);
    panels_.back().t = triangle(small.view(), tau);
    const Matrix<double>& t = panels_.back().t;

    // X = S V T, K = T^T V^T X, W = X - V K / 2.
    const TrailingMatrix trailing(whole, below);
    Matrix<double> z(m, kWidth);
    Matrix<double> x(m, kWidth);
    Matrix<double> k(kWidth, kWidth);
    trailing.multiply(v, z.view(), execution);
    multiply(z.view(), t.view(), x.view(), execution);
    multiply_transposed(v, x.view(), small.view(), execution);
    multiply(transposed(t).view(), small.view(), k.view(), execution);
    multiply(v, k.view(), z.view(), execution);
    Matrix<double> right(2 * kWidth, e.cols());
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < kWidth; ++j) {
        left(kWidth + j, i) = x(i, j) - 0.5 * z(i, j);
        right(j, i) = -left(kWidth + j, i);
        right(kWidth + j, i) = -left(j, i);
      }
    }
    trailing.update(left.view(), right.view(), execution);
  }
}

MatrixView<const double> BandReduction::reflectors(const Panel& panel) const {
  const Index below = panel.first + kWidth;
  return {a_.row(below) + panel.first, band_.size() - below, kWidth, a_.cols(), 1};
}

void BandReduction::apply_panel(const Panel& panel, MatrixView<const double> t,
                                MatrixView<double> c, const Execution& execution) const {
  const MatrixView<const double> v = reflectors(panel);
  const MatrixView<double> rest = c.middle_rows(panel.first + kWidth, v.rows);
  const Index ld = simd::padded<double>(c.cols);
  Matrix<double> products(kWidth, ld);
  Matrix<double> turned(kWidth, ld);
  Matrix<double> change(v.rows, ld);
  const auto used = [&](Matrix<double>& m) { return m.view().middle_cols(0, c.cols); };
  multiply_transposed(v, rest, used(products), execution);
  multiply(t, used(products), used(turned), execution);
  multiply(v, used(turned), used(change), execution);
  for (Index i = 0; i < v.rows; ++i) {
    for (Index j = 0; j < c.cols; ++j) rest(i, j) -= change(i, j);
  }
}

void BandReduction::apply_transposed(MatrixView<double> c, const Execution& execution) const {
  for (const Panel& panel : panels_) apply_panel(panel, transposed(panel.t).view(), c, execution);
}

void BandReduction::apply(MatrixView<double> c, const Execution& execution) const {
  for (auto panel = panels_.rbegin(); panel != panels_.rend(); ++panel) {
    apply_panel(*panel, panel->t.view(), c, execution);
  }
}

}  // namespace bochner::linalg
