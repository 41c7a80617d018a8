// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "core/door.hpp"
#include "feature_map/block.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

/// \file
/// Tiles of an approximate Gram matrix.

namespace bochner::gram {

/// 2^(a_i + b_j) phi(x_i) . phi(y_j) by tiles. A panel's key features are computed and packed once;
/// they are all that is stored.
template <Scalar T>
class ApproximateTiles {
 public:
  struct Workspace {
    feature_map::BlockWorkspace<T> map;
    Matrix<T> phi;
    Matrix<T> products;
  };

  ApproximateTiles(const BlockMap<T>& map, const Door& door, MatrixView<const T> x,
                   MatrixView<const T> y);

  Workspace workspace() const;
  void load_panel(Index first, Index count, const Execution& execution);
  /// A tile of the first `cols` columns of the panel.
  void tile(Index first, Index rows, Index cols, double* out, Index ld, Workspace& mine) const;

 private:
  void features(Side side, MatrixView<const T> from, std::string_view argument, Index first,
                Index rows, Workspace& mine, std::int32_t* exponents) const;

  const BlockMap<T>& map_;
  Door door_;
  MatrixView<const T> x_;
  MatrixView<const T> y_;
  Matrix<T> panel_;
  std::vector<std::int32_t> panel_exponents_;
};

extern template class ApproximateTiles<float>;
extern template class ApproximateTiles<double>;

}  // namespace bochner::gram
