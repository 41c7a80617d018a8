// SPDX-License-Identifier: Apache-2.0
#include "client/gram/approximate_tiles.hpp"

#include "client/gram/tile_walk.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace bochner::gram {

template <Scalar T>
ApproximateTiles<T>::ApproximateTiles(const BlockMap<T>& map, const Door& door,
                                      MatrixView<const T> x, MatrixView<const T> y)
    : map_(map),
      door_(door),
      x_(x),
      y_(y),
      panel_(map.num_features(), kPanelColumns),
      panel_exponents_(static_cast<std::size_t>(kPanelColumns)) {}

template <Scalar T>
auto ApproximateTiles<T>::workspace() const -> Workspace {
  return {feature_map::BlockWorkspace<T>(map_), Matrix<T>(simd::kBlockRows, map_.ld()),
          Matrix<T>(simd::kBlockRows, kPanelColumns)};
}

template <Scalar T>
void ApproximateTiles<T>::load_panel(Index first, Index count, const Execution& execution) {
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
    simd::pack_columns<T>(phi.transpose(), panel_.data() + block * block_panels * simd::kPanel<T> *
                                                               map_.num_features());
  });
}

template <Scalar T>
void ApproximateTiles<T>::tile(Index first, Index rows, Index cols, double* out, Index ld,
                               Workspace& mine) const {
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

template <Scalar T>
void ApproximateTiles<T>::features(Side side, MatrixView<const T> from, std::string_view argument,
                                   Index first, Index rows, Workspace& mine,
                                   std::int32_t* exponents) const {
  const MatrixView<const T> block = from.middle_rows(first, rows);
  map_.features(side, block, mine.phi.data(), exponents, mine.map);
  if (const auto reason = BlockMap<T>::refusal(block, first, mine.map)) {
    door_.refuse(std::string(argument) + ": " + *reason);
  }
}

template class ApproximateTiles<float>;
template class ApproximateTiles<double>;

}  // namespace bochner::gram
