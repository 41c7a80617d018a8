// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/matrix.hpp"

#include "client/gram/approximate_tiles.hpp"
#include "client/gram/checks.hpp"
#include "client/gram/exact_tiles.hpp"
#include "client/gram/tile_walk.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bochner {
namespace {

using namespace gram;

/// Copies a tile whose entries must be finite.
void put(const Door& door, const Matrix<double>& tile, Index i, Index rows, Index j, Index cols,
         MatrixView<double> out) {
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) {
      if (!std::isfinite(tile(r, c))) refuse_overflow(door, i + r, j + c);
      out(i + r, j + c) = tile(r, c);
    }
  }
}

void no_load(Index /*first*/, Index /*count*/) {}

std::vector<Matrix<double>> tile_buffers(Index rows, const Execution& execution) {
  std::vector<Matrix<double>> buffers;
  for (std::size_t w = 0; w < workers_for(rows, execution); ++w) {
    buffers.emplace_back(simd::kBlockRows, kPanelColumns);
  }
  return buffers;
}

}  // namespace

void exact_gram(const Kernel& kernel, MatrixView<const double> x, MatrixView<const double> y,
                MatrixView<double> out, const Execution& execution) {
  constexpr Door kDoor("exact_gram");
  kDoor.columns("y", y, x.cols, "the columns of x")
      .shape("out", out, x.rows, y.rows, "rows of x, rows of y")
      .finite("x", x)
      .finite("y", y);
  const KernelRows x_rows(kernel, x, execution);
  const KernelRows y_rows(kernel, y, execution);
  const ExactTiles tiles(kernel, y_rows);
  std::vector<Matrix<double>> buffers = tile_buffers(x.rows, execution);
  for_each_tile(x.rows, y.rows, execution, no_load,
                [&](std::size_t worker, Index i, Index rows, Index j, Index cols) {
                  Matrix<double>& tile = buffers[worker];
                  tiles.tile(x_rows, i, rows, j, cols, tile.data(), kPanelColumns);
                  put(kDoor, tile, i, rows, j, cols, out);
                });
}

template <Scalar T>
void approximate_gram(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                      MatrixView<double> out, const Execution& execution) {
  constexpr Door kDoor("approximate_gram");
  kDoor.columns("x", x, map.input_dim(), "the map's input_dim")
      .columns("y", y, map.input_dim(), "the map's input_dim")
      .shape("out", out, x.rows, y.rows, "rows of x, rows of y")
      .apart("out", memory_grid(out), "x", memory_grid(x))
      .apart("out", memory_grid(out), "y", memory_grid(y));
  ApproximateTiles<T> tiles(map.blocks(), kDoor, x, y);
  std::vector<typename ApproximateTiles<T>::Workspace> workspaces;
  for (std::size_t w = 0; w < workers_for(x.rows, execution); ++w) {
    workspaces.push_back(tiles.workspace());
  }
  std::vector<Matrix<double>> buffers = tile_buffers(x.rows, execution);
  for_each_tile(
      x.rows, y.rows, execution,
      [&](Index first, Index count) { tiles.load_panel(first, count, execution); },
      [&](std::size_t worker, Index i, Index rows, Index j, Index cols) {
        Matrix<double>& tile = buffers[worker];
        tiles.tile(i, rows, cols, tile.data(), kPanelColumns, workspaces[worker]);
        put(kDoor, tile, i, rows, j, cols, out);
      });
}

Matrix<double> exact_gram(const Kernel& kernel, MatrixView<const double> x,
                          MatrixView<const double> y, const Execution& execution) {
  Matrix<double> out(x.rows, y.rows);
  exact_gram(kernel, x, y, out.view(), execution);
  return out;
}

Matrix<double> exact_gram(const Kernel& kernel, MatrixView<const double> x,
                          const Execution& execution) {
  return exact_gram(kernel, x, x, execution);
}

Matrix<double> exact_gram(const Kernel& kernel, MatrixView<const float> x,
                          const Execution& execution) {
  return exact_gram(kernel, in_double(x).view(), execution);
}

double MeasuredGramError::relative() const {
  if (!(squared_norm > 0.0)) {
    Door("MeasuredGramError::relative").refuse("the exact matrix is zero or has no entries");
  }
  return std::sqrt(squared_error / squared_norm);
}

namespace {

/// A worker's scratch space, and the largest entries it has seen.
template <Scalar T>
struct DistanceWorker {
  typename ApproximateTiles<T>::Workspace approximate;
  Matrix<double> k;
  Matrix<double> k_hat;
  double largest = 0.0;
  double largest_error = 0.0;
};

/// Adds up in index order, and refuses squares that left the range of double.
template <Scalar T>
MeasuredGramError total_of(const Door& door, const std::vector<MeasuredGramError>& sums,
                           const std::vector<DistanceWorker<T>>& workers) {
  MeasuredGramError total;
  for (const MeasuredGramError& sum : sums) {
    total.squared_error += sum.squared_error;
    total.squared_norm += sum.squared_norm;
  }
  double largest = 0.0;
  double largest_error = 0.0;
  for (const DistanceWorker<T>& worker : workers) {
    largest = std::max(largest, worker.largest);
    largest_error = std::max(largest_error, worker.largest_error);
  }
  require_sum_of_squares(door, "the exact entries", total.squared_norm, largest);
  require_sum_of_squares(door, "the errors", total.squared_error, largest_error);
  return total;
}

}  // namespace

template <Scalar T>
MeasuredGramError gram_distance(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                                const Execution& execution) {
  constexpr Door kDoor("gram_distance");
  kDoor.columns("x", x, map.input_dim(), "the map's input_dim")
      .columns("y", y, map.input_dim(), "the map's input_dim")
      .finite("x", x)
      .finite("y", y);
  const KernelRows x_rows(map.spec().kernel, x, execution);
  const KernelRows y_rows(map.spec().kernel, y, execution);
  const ExactTiles exact(map.spec().kernel, y_rows);
  ApproximateTiles<T> approximate(map.blocks(), kDoor, x, y);
  std::vector<DistanceWorker<T>> workers;
  for (std::size_t w = 0; w < workers_for(x.rows, execution); ++w) {
    workers.push_back({approximate.workspace(), Matrix<double>(simd::kBlockRows, kPanelColumns),
                       Matrix<double>(simd::kBlockRows, kPanelColumns)});
  }
  // One sum per block of rows, folded in index order: the same bits for any number of threads.
  std::vector<MeasuredGramError> sums(static_cast<std::size_t>(row_blocks(x.rows)));
  for_each_tile(
      x.rows, y.rows, execution,
      [&](Index first, Index count) { approximate.load_panel(first, count, execution); },
      [&](std::size_t w, Index i, Index rows, Index j, Index cols) {
        DistanceWorker<T>& mine = workers[w];
        exact.tile(x_rows, i, rows, j, cols, mine.k.data(), kPanelColumns);
        approximate.tile(i, rows, cols, mine.k_hat.data(), kPanelColumns, mine.approximate);
        MeasuredGramError& sum = sums[static_cast<std::size_t>(i / simd::kBlockRows)];
        for (Index r = 0; r < rows; ++r) {
          for (Index c = 0; c < cols; ++c) {
            const double k = mine.k(r, c);
            const double error = mine.k_hat(r, c) - k;
            if (!std::isfinite(error)) refuse_overflow(kDoor, i + r, j + c);
            sum.squared_error += error * error;
            sum.squared_norm += k * k;
            mine.largest = std::max(mine.largest, std::abs(k));
            mine.largest_error = std::max(mine.largest_error, std::abs(error));
          }
        }
      });
  return total_of(kDoor, sums, workers);
}

template void approximate_gram<float>(const FeatureMap<float>&, MatrixView<const float>,
                                      MatrixView<const float>, MatrixView<double>,
                                      const Execution&);
template void approximate_gram<double>(const FeatureMap<double>&, MatrixView<const double>,
                                       MatrixView<const double>, MatrixView<double>,
                                       const Execution&);
template MeasuredGramError gram_distance<float>(const FeatureMap<float>&, MatrixView<const float>,
                                                MatrixView<const float>, const Execution&);
template MeasuredGramError gram_distance<double>(const FeatureMap<double>&,
                                                 MatrixView<const double>, MatrixView<const double>,
                                                 const Execution&);

}  // namespace bochner
