// SPDX-License-Identifier: Apache-2.0
#include "client/gram/feature_products.hpp"

#include "client/gram/checks.hpp"
#include "client/gram/tile_walk.hpp"
#include "linalg/lower_tiles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner::gram {
namespace {

/// Blocks of rows per partial sum: the bits of results depend on it.
constexpr Index kChunkBlocks = 32;
/// Partial sums that are in memory at a time.
constexpr Index kChunksAtATime = 32;
/// Fewer columns than this are multiplied one by one, each by the engine's products with a vector.
constexpr Index kBlockColumns = 6;
/// Columns of a tile of moments, and rows between two visits to it.
constexpr Index kTile = 256;
constexpr Index kMomentRows = 2048;

/// The power of two that brings the columns of b, times 2^a_i, to entries of order one.
std::vector<std::int64_t> column_exponents(MatrixView<const double> b, const std::int32_t* a) {
  std::vector<std::int64_t> largest(static_cast<std::size_t>(b.cols),
                                    std::numeric_limits<std::int64_t>::min());
  for (Index i = 0; i < b.rows; ++i) {
    for (Index c = 0; c < b.cols; ++c) {
      if (b(i, c) == 0.0) continue;
      const std::int64_t exponent = std::int64_t{std::ilogb(b(i, c))} + (a ? a[i] : 0);
      std::int64_t& most = largest[static_cast<std::size_t>(c)];
      most = std::max(most, exponent);
    }
  }
  for (std::int64_t& exponent : largest) {
    if (exponent == std::numeric_limits<std::int64_t>::min()) exponent = 0;
  }
  return largest;
}

/// value 2^exponent for exponents of any size.
double scaled(double value, std::int64_t exponent) {
  if (exponent == 0) return value;
  return std::ldexp(value, static_cast<int>(std::clamp<std::int64_t>(exponent, -10'000, 10'000)));
}

/// Rows of b, as T, each column times 2^(a_i - exponent[c]).
template <Scalar T>
void scale_rows(MatrixView<const double> b, const std::int32_t* a,
                const std::vector<std::int64_t>& exponent, T* out, Index row_step, Index col_step) {
  for (Index r = 0; r < b.rows; ++r) {
    for (Index c = 0; c < b.cols; ++c) {
      out[r * row_step + c * col_step] =
          static_cast<T>(scaled(b(r, c), (a ? a[r] : 0) - exponent[static_cast<std::size_t>(c)]));
    }
  }
}

/// sum += block^T b for the rows of one block.
template <Scalar T>
void add_block(const typename FeatureSource<T>::Block& block, Index features, Index ld,
               MatrixView<const double> b, const std::vector<std::int64_t>& exponent,
               Matrix<T>& rows, Matrix<T>& column, Matrix<double>& sum) {
  const simd::Kernels<T>& engine = simd::kernels<T>();
  const MatrixView<const double> mine = b.middle_rows(block.first, block.rows);
  if (b.cols >= kBlockColumns) {
    scale_rows(mine, block.exponent, exponent, rows.data(), rows.cols(), 1);
    engine.cross_update(block.phi, ld, features, rows.data(), rows.cols(), b.cols, block.rows,
                        sum.data(), sum.cols());
    return;
  }
  scale_rows(mine, block.exponent, exponent, rows.data(), 1, simd::kBlockRows);
  for (Index c = 0; c < b.cols; ++c) {
    engine.column_sums(block.phi, ld, block.rows, features, rows.data() + c * simd::kBlockRows,
                       column.data());
    for (Index j = 0; j < features; ++j) sum(j, c) += static_cast<double>(column(0, j));
  }
}

}  // namespace

template <Scalar T>
ScaledColumns transposed_product(const FeatureSource<T>& source, MatrixView<const double> b,
                                 const Execution& execution) {
  const Index features = source.num_features();
  const Index width = simd::padded<double>(b.cols);
  ScaledColumns result{Matrix<double>(features, b.cols), column_exponents(b, source.exponents())};
  const Index blocks = row_blocks(source.size());
  const Index chunks = (blocks + kChunkBlocks - 1) / kChunkBlocks;
  std::vector<Matrix<double>> sums;
  for (Index c = 0; c < std::min(chunks, kChunksAtATime); ++c) sums.emplace_back(features, width);
  struct Scratch {
    Matrix<T> rows, column;
  };
  std::vector<Scratch> scratch;
  for (int w = 0; w < worker_count(chunks, execution); ++w) {
    scratch.push_back(
        {Matrix<T>(simd::kBlockRows, simd::padded<T>(b.cols)), Matrix<T>(1, source.ld())});
  }
  std::vector<typename FeatureSource<T>::Workspace> workspaces =
      source.workspaces(chunks, execution);
  for (Index first = 0; first < chunks; first += kChunksAtATime) {
    const Index count = std::min(kChunksAtATime, chunks - first);
    parallel_for_blocks(count, execution, [&](Index chunk, int worker) {
      const auto w = static_cast<std::size_t>(worker);
      Matrix<double>& sum = sums[static_cast<std::size_t>(chunk)];
      std::fill_n(sum.data(), sum.size(), 0.0);
      const Index begin = (first + chunk) * kChunkBlocks;
      for (Index k = begin; k < std::min(begin + kChunkBlocks, blocks); ++k) {
        add_block<T>(source.block(k, workspaces[w]), features, source.ld(), b, result.exponent,
                     scratch[w].rows, scratch[w].column, sum);
      }
    });
    for (Index chunk = 0; chunk < count; ++chunk) {
      const Matrix<double>& sum = sums[static_cast<std::size_t>(chunk)];
      for (Index j = 0; j < features; ++j) {
        for (Index c = 0; c < b.cols; ++c) result.values(j, c) += sum(j, c);
      }
    }
  }
  return result;
}

template <Scalar T>
void product(const Door& door, const FeatureSource<T>& source, const ScaledColumns& s,
             MatrixView<double> out, const Execution& execution) {
  const Index features = source.num_features();
  const Index columns = s.values.cols();
  const bool by_column = columns < kBlockColumns;
  const std::vector<std::int64_t> exponent = column_exponents(s.values, nullptr);
  Matrix<T> factor(by_column ? columns : features, simd::padded<T>(by_column ? features : columns));
  scale_rows<T>(s.values, nullptr, exponent, factor.data(), by_column ? 1 : factor.cols(),
                by_column ? factor.cols() : 1);
  const Index blocks = row_blocks(source.size());
  std::vector<typename FeatureSource<T>::Workspace> workspaces =
      source.workspaces(blocks, execution);
  std::vector<Matrix<T>> results;
  for (int w = 0; w < worker_count(blocks, execution); ++w) {
    results.emplace_back(by_column ? columns : simd::kBlockRows,
                         by_column ? simd::kBlockRows : simd::padded<T>(columns));
  }
  const simd::Kernels<T>& engine = simd::kernels<T>();
  parallel_for_blocks(blocks, execution, [&](Index index, int worker) {
    const auto w = static_cast<std::size_t>(worker);
    const typename FeatureSource<T>::Block block = source.block(index, workspaces[w]);
    Matrix<T>& result = results[w];
    if (by_column) {
      for (Index c = 0; c < columns; ++c) {
        engine.row_products(block.phi, source.ld(), block.rows, features, nullptr, factor.row(c),
                            result.row(c));
      }
    } else {
      engine.contract(block.phi, source.ld(), block.rows, features, factor.data(), factor.cols(),
                      columns, result.data(), result.cols());
    }
    for (Index r = 0; r < block.rows; ++r) {
      for (Index c = 0; c < columns; ++c) {
        const auto k = static_cast<std::size_t>(c);
        const double value = scaled(static_cast<double>(by_column ? result(c, r) : result(r, c)),
                                    s.exponent[k] + exponent[k] + block.exponent[r]);
        if (!std::isfinite(value)) refuse_product(door, block.first + r);
        out(block.first + r, c) = value;
      }
    }
  });
}

template <Scalar T>
Matrix<double> feature_moments(const FeatureSource<T>& source, const Execution& execution) {
  const Index features = source.num_features();
  Matrix<double> moments(features, simd::padded<double>(features));
  Matrix<T> rows(std::min(kMomentRows, row_blocks(source.size()) * simd::kBlockRows), source.ld());
  const Index blocks = row_blocks(rows.rows());
  std::vector<typename FeatureSource<T>::Workspace> workspaces =
      source.workspaces(blocks, execution);
  const Index tiles = (features + kTile - 1) / kTile;
  for (Index first = 0; first < source.size(); first += kMomentRows) {
    const Index count = std::min(kMomentRows, source.size() - first);
    parallel_for_blocks(row_blocks(count), execution, [&](Index index, int worker) {
      const typename FeatureSource<T>::Block block = source.block(
          first / simd::kBlockRows + index, workspaces[static_cast<std::size_t>(worker)]);
      for (Index r = 0; r < block.rows; ++r) {
        T* const out = rows.row(index * simd::kBlockRows + r);
        const std::int64_t shift =
            std::int64_t{block.exponent[r]} - std::int64_t{source.max_exponent()};
        const T scale = static_cast<T>(scaled(1.0, shift));
        for (Index j = 0; j < features; ++j) out[j] = scale * block.phi[r * source.ld() + j];
      }
    });
    parallel_for_blocks(linalg::lower_tiles(tiles), execution, [&](Index tile, int) {
      const linalg::TilePosition at = linalg::lower_tile(tile);
      const Index i = at.row * kTile;
      const Index j = at.column * kTile;
      simd::kernels<T>().cross_update(rows.data() + i, rows.cols(), std::min(kTile, features - i),
                                      rows.data() + j, rows.cols(), std::min(kTile, features - j),
                                      count, moments.row(i) + j, moments.cols());
    });
  }
  return moments;
}

template ScaledColumns transposed_product(const FeatureSource<float>&, MatrixView<const double>,
                                          const Execution&);
template ScaledColumns transposed_product(const FeatureSource<double>&, MatrixView<const double>,
                                          const Execution&);
template void product(const Door&, const FeatureSource<float>&, const ScaledColumns&,
                      MatrixView<double>, const Execution&);
template void product(const Door&, const FeatureSource<double>&, const ScaledColumns&,
                      MatrixView<double>, const Execution&);
template Matrix<double> feature_moments(const FeatureSource<float>&, const Execution&);
template Matrix<double> feature_moments(const FeatureSource<double>&, const Execution&);

}  // namespace bochner::gram
