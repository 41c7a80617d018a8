// SPDX-License-Identifier: Apache-2.0
#include "client/regression/row_operator.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/feature_blocks.hpp"
#include "client/regression/gathered_rows.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace bochner::regression {
namespace {

/// Rows per chunk, and chunks that are summed in parallel before they are folded.
constexpr Index kChunkRows = 1024;
constexpr Index kChunksAtOnce = 8;

/// A worker's scratch space.
template <Scalar T>
struct ChunkWorker {
  explicit ChunkWorker(const BlockMap<T>& map)
      : features(map),
        phi(simd::kBlockRows, feature_stride(map.num_features())),
        column(1, phi.cols()) {}

  FeatureRows<T> features;
  Matrix<double> phi, column;
};

/// Sums over the rows of a chunk, by target: of factors, and of features times factors.
struct ChunkSums {
  ChunkSums(Index targets, Index num_features)
      : features(targets, num_features), factors(static_cast<std::size_t>(targets)) {}

  void clear() {
    std::fill_n(features.data(), features.size(), 0.0);
    std::fill(factors.begin(), factors.end(), 0.0);
  }

  void add(Index target, const Matrix<double>& phi, Index rows,
           const std::array<double, simd::kBlockRows>& factor, Matrix<double>& column) {
    simd::kernels<double>().column_sums(phi.data(), phi.cols(), rows, features.cols(),
                                        factor.data(), column.data());
    for (Index j = 0; j < features.cols(); ++j) features(target, j) += column(0, j);
    for (Index r = 0; r < rows; ++r) {
      factors[static_cast<std::size_t>(target)] += factor[static_cast<std::size_t>(r)];
    }
  }

  Matrix<double> features;
  std::vector<double> factors;
};

}  // namespace

template <Scalar T>
double RowOperator<T>::root(Index row) const {
  return std::sqrt(scale_ * weight_of(rows_, row));
}

/// v with one target per row, padded; and how much the mean takes from every row of features.
template <Scalar T>
Matrix<double> RowOperator<T>::turned(MatrixView<const double> v,
                                      std::vector<double>& shift) const {
  Matrix<double> result(v.cols, feature_stride(map_.num_features()));
  shift.assign(static_cast<std::size_t>(v.cols), 0.0);
  for (Index j = 0; j < v.rows; ++j) {
    for (Index c = 0; c < v.cols; ++c) {
      result(c, j) = v(j, c);
      shift[static_cast<std::size_t>(c)] += mean_[static_cast<std::size_t>(j)] * v(j, c);
    }
  }
  return result;
}

/// out = sum_i sqrt(w_i) c_i (phi_i - mean), where coefficients(first, rows, phi, target, c) says
/// sqrt(w_i) c_i of a block.
template <Scalar T>
template <class Rows>
void RowOperator<T>::sum_over_rows(Index targets, MatrixView<double> out,
                                   const Rows& coefficients) const {
  const Index n = map_.num_features();
  const Index chunks = (rows_.x.rows + kChunkRows - 1) / kChunkRows;
  const Index at_once = std::min(chunks, kChunksAtOnce);
  std::vector<ChunkWorker<T>> workers;
  for (int w = 0; w < worker_count(at_once, execution_); ++w) workers.emplace_back(map_.blocks());
  std::vector<ChunkSums> partial(static_cast<std::size_t>(at_once), ChunkSums(targets, n));
  std::vector<double> sum(static_cast<std::size_t>(targets));
  for (Index j = 0; j < n; ++j) {
    for (Index c = 0; c < targets; ++c) out(j, c) = 0.0;
  }
  for (Index begin = 0; begin < chunks; begin += kChunksAtOnce) {
    const Index count = std::min(kChunksAtOnce, chunks - begin);
    parallel_for_blocks(count, execution_, [&](Index k, int worker) {
      ChunkWorker<T>& mine = workers[static_cast<std::size_t>(worker)];
      ChunkSums& sums = partial[static_cast<std::size_t>(k)];
      sums.clear();
      const Index chunk_end = std::min(rows_.x.rows, (begin + k + 1) * kChunkRows);
      for (Index first = (begin + k) * kChunkRows; first < chunk_end; first += simd::kBlockRows) {
        const Index rows = std::min(simd::kBlockRows, chunk_end - first);
        mine.features.compute(door_, rows_.x.middle_rows(first, rows), first, mine.phi.data());
        for (Index c = 0; c < targets; ++c) {
          std::array<double, simd::kBlockRows> factor{};
          coefficients(first, rows, mine.phi.data(), c, factor.data());
          sums.add(c, mine.phi, rows, factor, mine.column);
        }
      }
    });
    for (Index k = 0; k < count; ++k) {
      const ChunkSums& sums = partial[static_cast<std::size_t>(k)];
      for (Index c = 0; c < targets; ++c) {
        for (Index j = 0; j < n; ++j) out(j, c) += sums.features(c, j);
        sum[static_cast<std::size_t>(c)] += sums.factors[static_cast<std::size_t>(c)];
      }
    }
  }
  if (mean_.empty()) return;
  for (Index j = 0; j < n; ++j) {
    for (Index c = 0; c < targets; ++c) {
      out(j, c) -= mean_[static_cast<std::size_t>(j)] * sum[static_cast<std::size_t>(c)];
    }
  }
}

template <Scalar T>
RowOperator<T>::RowOperator(const Door& door, FeatureMap<T> map, const TrainingRows<T>& rows,
                            Intercept intercept, const Execution& execution)
    : door_(door), map_(std::move(map)), rows_(rows), execution_(execution) {
  for (Index i = 0; i < rows.x.rows; ++i) weight_ += weight_of(rows, i);
  require_weight(door, weight_);
  std::vector<double> mean(static_cast<std::size_t>(map_.num_features()));
  if (intercept == Intercept::fitted) {
    const MatrixView<double> out(mean.data(), map_.num_features(), 1);
    sum_over_rows(1, out, [&](Index first, Index count, const double*, Index, double* factor) {
      for (Index r = 0; r < count; ++r) factor[r] = weight_of(rows_, first + r);
    });
    for (double& m : mean) m /= weight_;
  }
  mean_ = std::move(mean);
}

template <Scalar T>
RowOperator<T>::RowOperator(const RowOperator& model, const TrainingRows<T>& rows, double scale)
    : door_(model.door_),
      map_(model.map_),
      rows_(rows),
      execution_(model.execution_),
      scale_(scale),
      mean_(model.mean_) {}

template <Scalar T>
void RowOperator<T>::multiply(MatrixView<const double> v, MatrixView<double> out) const {
  std::vector<double> shift;
  const Matrix<double> columns = turned(v, shift);
  for_feature_blocks(
      door_, map_, rows_.x, execution_,
      [&](Index first, Index rows, const double* phi, std::size_t) {
        std::array<double, simd::kBlockRows> product;
        for (Index c = 0; c < v.cols; ++c) {
          simd::kernels<double>().row_products(phi, columns.cols(), rows, map_.num_features(),
                                               nullptr, columns.row(c), product.data());
          for (Index r = 0; r < rows; ++r) {
            out(first + r, c) = root(first + r) * (product[static_cast<std::size_t>(r)] -
                                                   shift[static_cast<std::size_t>(c)]);
          }
        }
      });
}

template <Scalar T>
void RowOperator<T>::multiply_transposed(MatrixView<const double> u, MatrixView<double> out) const {
  sum_over_rows(u.cols, out, [&](Index first, Index rows, const double*, Index c, double* factor) {
    for (Index r = 0; r < rows; ++r) factor[r] = root(first + r) * u(first + r, c);
  });
}

template <Scalar T>
void RowOperator<T>::multiply_gram(MatrixView<const double> v, MatrixView<double> out) const {
  std::vector<double> shift;
  const Matrix<double> columns = turned(v, shift);
  sum_over_rows(
      v.cols, out, [&](Index first, Index rows, const double* phi, Index c, double* factor) {
        simd::kernels<double>().row_products(phi, columns.cols(), rows, map_.num_features(),
                                             nullptr, columns.row(c), factor);
        for (Index r = 0; r < rows; ++r) {
          const double value = factor[r] - shift[static_cast<std::size_t>(c)];
          factor[r] = scale_ * weight_of(rows_, first + r) * value;
        }
      });
}

template <Scalar T>
Matrix<double> RowOperator<T>::row_products() const {
  const Index n = map_.num_features();
  const Index count = num_rows();
  const Index strips = feature_block_count(count);
  Matrix<double> products(count, simd::padded<double>(count));
  struct Worker {
    FeatureRows<T> features;
    Matrix<double> phi, left, right;
  };
  std::vector<Worker> workers;
  for (int w = 0; w < worker_count(strips, execution_); ++w) {
    workers.push_back({FeatureRows<T>(map_.blocks()),
                       Matrix<double>(simd::kBlockRows, feature_stride(n)),
                       Matrix<double>(n, simd::kBlockRows), Matrix<double>(n, simd::kBlockRows)});
  }
  // Features as rows, since sums run over them.
  const auto centred = [&](Worker& mine, Index block, Matrix<double>& out) {
    const Index first = block * simd::kBlockRows;
    const Index rows = std::min(simd::kBlockRows, count - first);
    mine.features.compute(door_, rows_.x.middle_rows(first, rows), first, mine.phi.data());
    for (Index r = 0; r < rows; ++r) {
      const double factor = root(first + r);
      for (Index j = 0; j < n; ++j) {
        out(j, r) = factor * (mine.phi(r, j) - mean_[static_cast<std::size_t>(j)]);
      }
    }
    return rows;
  };
  parallel_for_blocks(strips, execution_, [&](Index strip, int worker) {
    Worker& mine = workers[static_cast<std::size_t>(worker)];
    const Index left = centred(mine, strip, mine.left);
    for (Index other = 0; other <= strip; ++other) {
      const Index right = centred(mine, other, mine.right);
      simd::kernels<double>().cross_update(
          mine.left.data(), mine.left.cols(), left, mine.right.data(), mine.right.cols(), right, n,
          products.row(strip * simd::kBlockRows) + other * simd::kBlockRows, products.cols());
    }
  });
  return products;
}

template class RowOperator<float>;
template class RowOperator<double>;

}  // namespace bochner::regression
