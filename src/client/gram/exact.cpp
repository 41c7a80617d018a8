// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/exact.hpp"

#include "client/gram/checks.hpp"
#include "client/gram/exact_tiles.hpp"
#include "client/gram/tile_walk.hpp"
#include "kernel/standard_form.hpp"

#include <cmath>
#include <numeric>

namespace bochner {

using namespace gram;

namespace {

template <Scalar T>
MatrixView<const T> checked_rows(MatrixView<const T> x) {
  Door("ExactGram").at_least("the number of rows of x", x.rows, 1).finite("x", x);
  return x;
}

}  // namespace

struct ExactGram::Parts {
  template <Scalar T>
  Parts(const Kernel& k, MatrixView<const T> x, const Execution& execution)
      : kernel(k), rows(kernel, checked_rows(x), execution), tiles(kernel, rows) {}
  Parts(const Parts&) = delete;

  Kernel kernel;
  KernelRows rows;
  ExactTiles tiles;
};

ExactGram::ExactGram(const Kernel& kernel, MatrixView<const double> x, const Execution& execution)
    : parts_(std::make_shared<const Parts>(kernel, x, execution)) {}

ExactGram::ExactGram(const Kernel& kernel, MatrixView<const float> x, const Execution& execution)
    : parts_(std::make_shared<const Parts>(kernel, x, execution)) {}

Index ExactGram::size() const noexcept { return parts_->rows.size(); }

const Kernel& ExactGram::kernel() const noexcept { return parts_->kernel; }

void ExactGram::multiply(MatrixView<const double> b, MatrixView<double> out,
                         const Execution& execution) const {
  constexpr Door kDoor("ExactGram::multiply");
  const Index n = size();
  kDoor.rows("b", b, n, "rows of the matrix")
      .shape("out", out, n, b.cols, "rows of the matrix, columns of b")
      .finite("b", b);
  // A single column is stored as a row, for the product with a vector.
  const bool one = b.cols == 1;
  Matrix<double> copy(one ? 1 : n, simd::padded<double>(one ? n : b.cols));
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < b.cols; ++c) (one ? copy(0, i) : copy(i, c)) = b(i, c);
  }
  struct Worker {
    Matrix<double> tile, part, sum;
  };
  std::vector<Worker> workers;
  for (std::size_t w = 0; w < workers_for(n, execution); ++w) {
    workers.push_back({Matrix<double>(simd::kBlockRows, kPanelColumns),
                       Matrix<double>(simd::kBlockRows, simd::padded<double>(b.cols)),
                       Matrix<double>(simd::kBlockRows, b.cols)});
  }
  const simd::Kernels<double>& engine = simd::kernels<double>();
  parallel_for_blocks(row_blocks(n), execution, [&](Index block, int worker) {
    auto& [tile, part, sum] = workers[static_cast<std::size_t>(worker)];
    const Index row = block * simd::kBlockRows;
    const Index rows = std::min(simd::kBlockRows, n - row);
    std::fill_n(sum.data(), sum.size(), 0.0);
    for (Index col = 0; col < n; col += kPanelColumns) {
      const Index cols = std::min(kPanelColumns, n - col);
      parts_->tiles.tile(parts_->rows, row, rows, col, cols, tile.data(), kPanelColumns);
      if (one) {
        alignas(64) double products[simd::kBlockRows];
        engine.row_products(tile.data(), kPanelColumns, rows, cols, nullptr, copy.data() + col,
                            products);
        for (Index r = 0; r < rows; ++r) sum(r, 0) += products[r];
      } else {
        engine.contract(tile.data(), kPanelColumns, rows, cols, copy.row(col), copy.cols(), b.cols,
                        part.data(), part.cols());
        for (Index r = 0; r < rows; ++r) {
          for (Index c = 0; c < b.cols; ++c) sum(r, c) += part(r, c);
        }
      }
    }
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < b.cols; ++c) {
        if (!std::isfinite(sum(r, c))) refuse_product(kDoor, row + r);
        out(row + r, c) = sum(r, c);
      }
    }
  });
}

void ExactGram::multiply(std::span<const double> b, std::span<double> out,
                         const Execution& execution) const {
  multiply(column_of(b), column_of(out), execution);
}

double ExactGram::entry(Index i, Index j) const {
  constexpr Door kDoor("ExactGram::entry");
  kDoor.row("i", i, size()).row("j", j, size());
  const double value = parts_->tiles.entry(parts_->rows, i, j);
  if (!std::isfinite(value)) refuse_overflow(kDoor, i, j);
  return value;
}

std::vector<double> ExactGram::diagonal() const {
  std::vector<double> values(static_cast<std::size_t>(size()));
  for (Index i = 0; i < size(); ++i) {
    const double square = parts_->rows.squared_norms()[i];
    double& value = values[static_cast<std::size_t>(i)];
    if (has_product_values(kernel())) {
      kernel_values(kernel(), &square, square, &square, &value, 1);
    } else {
      row_values(kernel(), parts_->rows.row(i), parts_->rows.view().middle_rows(i, 1), &value);
    }
    if (!std::isfinite(value)) refuse_overflow(Door("ExactGram::diagonal"), i, i);
  }
  return values;
}

double ExactGram::trace() const {
  const std::vector<double> values = diagonal();
  return std::accumulate(values.begin(), values.end(), 0.0);
}

void ExactGram::rows(std::span<const Index> which, MatrixView<double> out,
                     const Execution& execution) const {
  constexpr Door kDoor("ExactGram::rows");
  const Index n = size();
  kDoor.shape("out", out, static_cast<Index>(which.size()), n,
              "one row per index, rows of the matrix");
  for (const Index i : which) kDoor.row("which", i, n);
  const KernelRows chosen(parts_->rows, which);
  const Index panels = (n + kPanelColumns - 1) / kPanelColumns;
  std::vector<Matrix<double>> tiles;
  for (int w = 0; w < worker_count(panels, execution); ++w) {
    tiles.emplace_back(simd::kBlockRows, kPanelColumns);
  }
  parallel_for_blocks(panels, execution, [&](Index panel, int worker) {
    Matrix<double>& tile = tiles[static_cast<std::size_t>(worker)];
    const Index col = panel * kPanelColumns;
    const Index cols = std::min(kPanelColumns, n - col);
    for (Index row = 0; row < chosen.size(); row += simd::kBlockRows) {
      const Index count = std::min(simd::kBlockRows, chosen.size() - row);
      parts_->tiles.tile(chosen, row, count, col, cols, tile.data(), kPanelColumns);
      for (Index r = 0; r < count; ++r) {
        for (Index c = 0; c < cols; ++c) {
          if (!std::isfinite(tile(r, c))) {
            refuse_overflow(kDoor, which[static_cast<std::size_t>(row + r)], col + c);
          }
          out(row + r, col + c) = tile(r, c);
        }
      }
    }
  });
}

Matrix<double> ExactGram::to_dense(const Execution& execution) const {
  Matrix<double> dense(size(), size());
  std::vector<Index> all(static_cast<std::size_t>(size()));
  std::iota(all.begin(), all.end(), Index{0});
  rows(all, dense, execution);
  return dense;
}

}  // namespace bochner
