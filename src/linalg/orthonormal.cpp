// SPDX-License-Identifier: Apache-2.0
#include "linalg/orthonormal.hpp"

#include "bochner/core/matrix.hpp"
#include "core/assert.hpp"
#include "core/execution_for.hpp"
#include "core/parallel.hpp"
#include "linalg/copy.hpp"
#include "linalg/product.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bochner::linalg {
namespace {

using View = MatrixView<double>;
using ConstView = MatrixView<const double>;

// Both decide bits: constants of the contract, whatever the shape.
constexpr Index kPanel = 16;
// Columns of a tile are independent: this one decides only speed.
constexpr Index kColumnTile = 64;

View block(View a, Index row, Index col, Index rows, Index cols) {
  return a.middle_rows(row, rows).middle_cols(col, cols);
}

/// In squares that fit the cache: one side is read or written with a long stride.
void transpose(ConstView from, View to) {
  for (Index i = 0; i < from.rows; i += kPanel) {
    const Index rows = std::min(kPanel, from.rows - i);
    for (Index j = 0; j < from.cols; j += kPanel) {
      const Index cols = std::min(kPanel, from.cols - j);
      copy(from.middle_rows(i, rows).middle_cols(j, cols).transpose(), block(to, j, i, cols, rows));
    }
  }
}

/// A Householder reflection H = I - tau v v^T with v[0] = 1 and H x = beta e_0.
struct Reflection {
  double tau;
  double beta;
};

/// Column `k` of `panel`, from row k down, becomes the v of its reflection.
Reflection reflect_column(View panel, Index k) noexcept {
  double square = 0.0;
  for (Index i = k + 1; i < panel.rows; ++i) square += panel(i, k) * panel(i, k);
  const double alpha = panel(k, k);
  panel(k, k) = 1.0;
  if (square == 0.0) return {0.0, alpha};
  const double beta = -std::copysign(std::sqrt(alpha * alpha + square), alpha);
  for (Index i = k + 1; i < panel.rows; ++i) panel(i, k) /= alpha - beta;
  return {(beta - alpha) / beta, beta};
}

/// Factorises a panel: on return it holds V, a unit lower trapezoid with explicit zeros; `t` the
/// upper triangular T with H_0 H_1 ... = I - V T V^T; signs[k] that of R_kk.
void factorise_panel(View panel, View t, double* signs) noexcept {
  const Index width = panel.cols;
  double w[kPanel];
  double tau[kPanel];
  for (Index k = 0; k < width; ++k) {
    const Reflection reflection = reflect_column(panel, k);
    tau[k] = reflection.tau;
    signs[k] = std::copysign(1.0, reflection.beta);
    std::fill_n(w, kPanel, 0.0);
    for (Index i = k; i < panel.rows; ++i) {
      for (Index j = k + 1; j < width; ++j) w[j] += panel(i, k) * panel(i, j);
    }
    for (Index i = k; i < panel.rows; ++i) {
      const double factor = reflection.tau * panel(i, k);
      for (Index j = k + 1; j < width; ++j) panel(i, j) -= factor * w[j];
    }
    for (Index i = 0; i < k; ++i) panel(i, k) = 0.0;
  }

  double products[kPanel * kPanel] = {};
  add_product(ConstView(panel).transpose(), panel, {products, width, width});
  for (Index k = 0; k < width; ++k) {
    for (Index i = 0; i < k; ++i) {
      double sum = 0.0;
      for (Index l = i; l < k; ++l) sum += t(i, l) * products[l * width + k];
      t(i, k) = -tau[k] * sum;
    }
    t(k, k) = tau[k];
    for (Index i = k + 1; i < width; ++i) t(i, k) = 0.0;
  }
}

/// c -= V t V^T c, tile by tile of columns.
void apply_reflections(ConstView v, ConstView t, View c, const Execution& execution) {
  const Index tiles = (c.cols + kColumnTile - 1) / kColumnTile;
  const double size = static_cast<double>(v.rows * v.cols) * static_cast<double>(c.cols);
  parallel_for_blocks(tiles, execution_for(size, execution), [&](Index tile, int /*worker*/) {
    const Index first = tile * kColumnTile;
    const View columns = c.middle_cols(first, std::min(kColumnTile, c.cols - first));
    double inner[kPanel * kColumnTile] = {};
    double outer[kPanel * kColumnTile] = {};
    const View w(inner, v.cols, columns.cols);
    const View y(outer, v.cols, columns.cols);
    add_product(v.transpose(), columns, w);
    add_product(t, w, y);
    for (Index i = 0; i < v.cols * columns.cols; ++i) outer[i] = -outer[i];
    add_product(v, y, columns);
  });
}

}  // namespace

void orthonormal_rows(MatrixView<double> rows, const Execution& execution) {
  const Index r = rows.rows;
  const Index d = rows.cols;
  BOCHNER_ASSERT(r <= d && (rows.col_stride == 1 || d <= 1));
  if (r == 0) return;

  // Columns of G^T side by side: what runs over columns is vector code without reordering a sum.
  Matrix<double> work(d, r);
  const View a = work;
  transpose(rows, a);
  Matrix<double> panels(d, kPanel);
  Matrix<double> triangles(r, kPanel);
  std::vector<double> signs(static_cast<std::size_t>(r));

  const auto panel_width = [&](Index k) { return std::min(kPanel, r - k); };
  for (Index k = 0; k < r; k += kPanel) {
    const Index width = panel_width(k);
    const View v(panels.data(), d - k, width);
    const View t = block(triangles, k, 0, width, width);
    const View source = block(a, k, k, d - k, width);
    copy(source, v);
    factorise_panel(v, t, signs.data() + k);
    copy(v, source);
    apply_reflections(v, ConstView(t).transpose(), block(a, k, k + width, d - k, r - k - width),
                      execution);
  }

  // The first r columns of Q = H_0 H_1 ..., from the last panel to the first, each in the place of
  // its reflections.
  for (Index k = (r - 1) / kPanel * kPanel; k >= 0; k -= kPanel) {
    const Index width = panel_width(k);
    const View v(panels.data(), d - k, width);
    copy(block(a, k, k, d - k, width), v);
    for (Index i = 0; i < d; ++i) {
      for (Index j = k; j < k + width; ++j) a(i, j) = i == j ? 1.0 : 0.0;
    }
    apply_reflections(v, block(triangles, k, 0, width, width), block(a, k, k, d - k, r - k),
                      execution);
  }

  transpose(a, rows);
  for (Index i = 0; i < r; ++i) {
    for (Index j = 0; j < d; ++j) rows(i, j) *= signs[static_cast<std::size_t>(i)];
  }
}

}  // namespace bochner::linalg
