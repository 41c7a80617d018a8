// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram.hpp"

#include "core/finite.hpp"
#include "core/parallel.hpp"
#include "feature_map/block.hpp"
#include "kernel/standard_form.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace bochner {
namespace {

/// Columns of the matrix that are in work at a time: their packed rows or features are all that is
/// stored.
constexpr Index kPanelColumns = 512;

void check_shapes(const char* function, Index x_cols, Index y_cols, Index dim) {
  if (x_cols != dim || y_cols != dim) {
    throw InvalidArgument(std::string(function) + ": x has " + std::to_string(x_cols) +
                          " columns and y " + std::to_string(y_cols) + ", expected " +
                          std::to_string(dim) + " in both");
  }
}

void check_out(const char* function, const MatrixView<double>& out, Index rows, Index cols) {
  if (out.rows != rows || out.cols != cols) {
    throw InvalidArgument(std::string(function) + ": out is " + std::to_string(out.rows) + " x " +
                          std::to_string(out.cols) + ", expected " + std::to_string(rows) + " x " +
                          std::to_string(cols) + " (rows of x and of y)");
  }
}

[[noreturn]] void refuse_overflow(const std::string& function, Index i, Index j) {
  throw InvalidArgument(function + ": the entry of row " + std::to_string(i) + " of x and row " +
                        std::to_string(j) + " of y overflows; scale the inputs down");
}

/// Tiles of the exact matrix. A panel of y is transformed and packed once; equal rows have equal
/// inner products because all of them are the same chain of operations.
template <Scalar T>
class ExactTiles {
 public:
  using Workspace = struct {
    Matrix<double> x;
    Matrix<double> packed;
    Matrix<double> products;
  };

  ExactTiles(const Kernel& kernel, MatrixView<const T> x, MatrixView<const T> y)
      : kernel_(kernel),
        transform_(standard_form(kernel, x.cols).transform),
        x_(x),
        y_(y),
        ld_(simd::padded<double>(x.cols)),
        panel_(x.cols, kPanelColumns),
        panel_norms_(static_cast<std::size_t>(kPanelColumns)) {}

  Workspace workspace() const {
    return {Matrix<double>(simd::kBlockRows, ld_), Matrix<double>(x_.cols, simd::kBlockRows),
            Matrix<double>(simd::kBlockRows, simd::kBlockRows)};
  }

  void load_panel(Index first, Index count, const Execution& execution) {
    Matrix<double> rows(kPanelColumns, x_.cols);
    const Index blocks = (count + simd::kBlockRows - 1) / simd::kBlockRows;
    std::vector<Workspace> workspaces;
    for (int w = 0; w < worker_count(blocks, execution); ++w) workspaces.push_back(workspace());
    parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
      Workspace& mine = workspaces[static_cast<std::size_t>(worker)];
      const Index start = block * simd::kBlockRows;
      const Index size = std::min(simd::kBlockRows, count - start);
      transform_rows(y_.middle_rows(first + start, size), mine);
      norms(size, mine, panel_norms_.data() + start);
      for (Index r = 0; r < size; ++r) {
        std::copy_n(mine.x.row(r), x_.cols, rows.row(start + r));
      }
    });
    const MatrixView<const double> used = rows.view().middle_rows(0, count);
    simd::pack_columns<double>(used.transpose(), panel_.data());
  }

  void tile(Index first, Index rows, Index cols, double* out, Index ld, Workspace& mine) const {
    transform_rows(x_.middle_rows(first, rows), mine);
    std::vector<double> xx(static_cast<std::size_t>(rows));
    norms(rows, mine, xx.data());
    simd::kernels<double>().project(mine.x.data(), ld_, rows, panel_.data(), x_.cols, cols, out,
                                    ld);
    for (Index r = 0; r < rows; ++r) {
      double* const row = out + r * ld;
      kernel_values(kernel_, row, xx[static_cast<std::size_t>(r)], panel_norms_.data(), row, cols);
    }
  }

 private:
  void transform_rows(MatrixView<const T> rows, Workspace& mine) const {
    std::vector<double> raw(static_cast<std::size_t>(rows.cols));
    for (Index r = 0; r < rows.rows; ++r) {
      for (Index k = 0; k < rows.cols; ++k) {
        raw[static_cast<std::size_t>(k)] = static_cast<double>(rows(r, k));
      }
      transform_.apply(raw.data(), mine.x.row(r));
    }
  }

  /// The diagonal of rows times rows: the same chain as any other entry.
  void norms(Index rows, Workspace& mine, double* out) const {
    const MatrixView<const double> used =
        MatrixView<const double>(mine.x).middle_rows(0, rows).middle_cols(0, x_.cols);
    simd::pack_columns<double>(used.transpose(), mine.packed.data());
    simd::kernels<double>().project(mine.x.data(), ld_, rows, mine.packed.data(), x_.cols, rows,
                                    mine.products.data(), simd::kBlockRows);
    for (Index r = 0; r < rows; ++r) out[r] = mine.products(r, r);
  }

  const Kernel& kernel_;
  InputTransform transform_;
  MatrixView<const T> x_;
  MatrixView<const T> y_;
  Index ld_;
  Matrix<double> panel_;
  std::vector<double> panel_norms_;
};

/// Tiles of the approximate matrix. A panel's key features are computed and packed once.
template <Scalar T>
class ApproximateTiles {
 public:
  struct Workspace {
    BlockWorkspace<T> map;
    Matrix<T> phi;
    Matrix<T> products;
  };

  ApproximateTiles(const BlockMap<T>& map, const char* function, MatrixView<const T> x,
                   MatrixView<const T> y)
      : map_(map),
        function_(function),
        x_(x),
        y_(y),
        panel_(map.num_features(), kPanelColumns),
        panel_exponents_(static_cast<std::size_t>(kPanelColumns)) {}

  Workspace workspace() const {
    return {BlockWorkspace<T>(map_), Matrix<T>(simd::kBlockRows, map_.ld()),
            Matrix<T>(simd::kBlockRows, kPanelColumns)};
  }

  void load_panel(Index first, Index count, const Execution& execution) {
    const Index blocks = (count + simd::kBlockRows - 1) / simd::kBlockRows;
    const Index block_panels = simd::kBlockRows / simd::kPanel<T>;
    std::vector<Workspace> workspaces;
    for (int w = 0; w < worker_count(blocks, execution); ++w) workspaces.push_back(workspace());
    parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
      Workspace& mine = workspaces[static_cast<std::size_t>(worker)];
      const Index start = block * simd::kBlockRows;
      const Index size = std::min(simd::kBlockRows, count - start);
      features(Side::key, y_, "y", first + start, size, mine, panel_exponents_.data() + start);
      const MatrixView<const T> phi =
          MatrixView<const T>(mine.phi).middle_rows(0, size).middle_cols(0, map_.num_features());
      simd::pack_columns<T>(
          phi.transpose(),
          panel_.data() + block * block_panels * simd::kPanel<T> * map_.num_features());
    });
  }

  void tile(Index first, Index rows, Index cols, double* out, Index ld, Workspace& mine) const {
    std::vector<std::int32_t> exponents(static_cast<std::size_t>(rows));
    features(Side::query, x_, "x", first, rows, mine, exponents.data());
    simd::kernels<T>().project(mine.phi.data(), map_.ld(), rows, panel_.data(), map_.num_features(),
                               cols, mine.products.data(), kPanelColumns);
    for (Index r = 0; r < rows; ++r) {
      const std::int32_t exponent = exponents[static_cast<std::size_t>(r)];
      for (Index c = 0; c < cols; ++c) {
        out[r * ld + c] = std::ldexp(static_cast<double>(mine.products(r, c)),
                                     exponent + panel_exponents_[static_cast<std::size_t>(c)]);
      }
    }
  }

 private:
  void features(Side side, MatrixView<const T> from, const char* argument, Index first, Index rows,
                Workspace& mine, std::int32_t* exponents) const {
    const MatrixView<const T> block = from.middle_rows(first, rows);
    map_.features(side, block, mine.phi.data(), exponents, mine.map);
    if (const auto reason = BlockMap<T>::refusal(block, first, mine.map)) {
      throw InvalidArgument(std::string(function_) + ": " + argument + ": " + *reason);
    }
  }

  const BlockMap<T>& map_;
  const char* function_;
  MatrixView<const T> x_;
  MatrixView<const T> y_;
  Matrix<T> panel_;
  std::vector<std::int32_t> panel_exponents_;
};

/// Walks a matrix of `rows` x `cols` in tiles: panels of columns in order, blocks of rows in
/// parallel. `load(first, count)` prepares a panel, `visit(worker, i, rows, j, cols)` handles a
/// tile.
template <class Load, class Visit>
void for_each_tile(Index rows, Index cols, const Execution& execution, const Load& load,
                   const Visit& visit) {
  const Index blocks = (rows + simd::kBlockRows - 1) / simd::kBlockRows;
  if (blocks == 0) return;
  for (Index j = 0; j < cols; j += kPanelColumns) {
    const Index width = std::min(kPanelColumns, cols - j);
    load(j, width);
    parallel_for_blocks(blocks, execution, [&](Index block, int worker) {
      const Index i = block * simd::kBlockRows;
      visit(static_cast<std::size_t>(worker), i, std::min(simd::kBlockRows, rows - i), j, width);
    });
  }
}

std::size_t workers_for(Index rows, const Execution& execution) {
  return static_cast<std::size_t>(
      worker_count((rows + simd::kBlockRows - 1) / simd::kBlockRows, execution));
}

template <class Tiles>
void fill(Tiles& tiles, const char* function, MatrixView<double> out, const Execution& execution) {
  std::vector<typename Tiles::Workspace> workspaces;
  std::vector<Matrix<double>> buffers;
  for (std::size_t w = 0; w < workers_for(out.rows, execution); ++w) {
    workspaces.push_back(tiles.workspace());
    buffers.emplace_back(simd::kBlockRows, kPanelColumns);
  }
  for_each_tile(
      out.rows, out.cols, execution,
      [&](Index first, Index count) { tiles.load_panel(first, count, execution); },
      [&](std::size_t worker, Index i, Index rows, Index j, Index cols) {
        Matrix<double>& tile = buffers[worker];
        tiles.tile(i, rows, cols, tile.data(), kPanelColumns, workspaces[worker]);
        for (Index r = 0; r < rows; ++r) {
          for (Index c = 0; c < cols; ++c) {
            if (!std::isfinite(tile(r, c))) refuse_overflow(function, i + r, j + c);
            out(i + r, j + c) = tile(r, c);
          }
        }
      });
}

}  // namespace

void exact_gram(const Kernel& kernel, MatrixView<const double> x, MatrixView<const double> y,
                MatrixView<double> out, const Execution& execution) {
  constexpr const char* kFunction = "exact_gram";
  check_shapes(kFunction, x.cols, y.cols, x.cols);
  check_out(kFunction, out, x.rows, y.rows);
  require_finite(kFunction, "x", x);
  require_finite(kFunction, "y", y);
  ExactTiles<double> tiles(kernel, x, y);
  fill(tiles, kFunction, out, execution);
}

template <Scalar T>
void approximate_gram(const FeatureMap<T>& map, MatrixView<const T> x, MatrixView<const T> y,
                      MatrixView<double> out, const Execution& execution) {
  constexpr const char* kFunction = "approximate_gram";
  check_shapes(kFunction, x.cols, y.cols, map.input_dim());
  check_out(kFunction, out, x.rows, y.rows);
  ApproximateTiles<T> tiles(map.blocks(), kFunction, x, y);
  fill(tiles, kFunction, out, execution);
}

double GramDistance::relative() const { return std::sqrt(squared_error / squared_norm); }

template <Scalar T>
GramDistance gram_distance(const FeatureMap<T>& map, MatrixView<const T> x, MatrixView<const T> y,
                           const Execution& execution) {
  constexpr const char* kFunction = "gram_distance";
  check_shapes(kFunction, x.cols, y.cols, map.input_dim());
  require_finite(kFunction, "x", x);
  require_finite(kFunction, "y", y);
  ExactTiles<T> exact(map.spec().kernel, x, y);
  ApproximateTiles<T> approximate(map.blocks(), kFunction, x, y);

  struct Worker {
    typename ExactTiles<T>::Workspace exact;
    typename ApproximateTiles<T>::Workspace approximate;
    Matrix<double> k;
    Matrix<double> k_hat;
  };
  std::vector<Worker> workers;
  for (std::size_t w = 0; w < workers_for(x.rows, execution); ++w) {
    workers.push_back({exact.workspace(), approximate.workspace(),
                       Matrix<double>(simd::kBlockRows, kPanelColumns),
                       Matrix<double>(simd::kBlockRows, kPanelColumns)});
  }
  // One sum a block of rows, folded in index order: the same bits for any number of threads.
  std::vector<GramDistance> sums(
      static_cast<std::size_t>((x.rows + simd::kBlockRows - 1) / simd::kBlockRows));
  for_each_tile(
      x.rows, y.rows, execution,
      [&](Index first, Index count) {
        exact.load_panel(first, count, execution);
        approximate.load_panel(first, count, execution);
      },
      [&](std::size_t w, Index i, Index rows, Index j, Index cols) {
        Worker& mine = workers[w];
        exact.tile(i, rows, cols, mine.k.data(), kPanelColumns, mine.exact);
        approximate.tile(i, rows, cols, mine.k_hat.data(), kPanelColumns, mine.approximate);
        GramDistance& sum = sums[static_cast<std::size_t>(i / simd::kBlockRows)];
        for (Index r = 0; r < rows; ++r) {
          for (Index c = 0; c < cols; ++c) {
            const double k = mine.k(r, c);
            const double error = mine.k_hat(r, c) - k;
            if (!std::isfinite(error)) refuse_overflow(kFunction, i + r, j + c);
            sum.squared_error += error * error;
            sum.squared_norm += k * k;
          }
        }
      });
  GramDistance total;
  for (const GramDistance& sum : sums) {
    total.squared_error += sum.squared_error;
    total.squared_norm += sum.squared_norm;
  }
  return total;
}

template void approximate_gram<float>(const FeatureMap<float>&, MatrixView<const float>,
                                      MatrixView<const float>, MatrixView<double>,
                                      const Execution&);
template void approximate_gram<double>(const FeatureMap<double>&, MatrixView<const double>,
                                       MatrixView<const double>, MatrixView<double>,
                                       const Execution&);
template GramDistance gram_distance<float>(const FeatureMap<float>&, MatrixView<const float>,
                                           MatrixView<const float>, const Execution&);
template GramDistance gram_distance<double>(const FeatureMap<double>&, MatrixView<const double>,
                                            MatrixView<const double>, const Execution&);

}  // namespace bochner
