// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "core/door.hpp"
#include "feature_map/block.hpp"

#include <array>

/// \file
/// Features with their exponents multiplied in, as doubles: the rows of a linear model. T is the
/// precision of the features; every sum over them is taken in double.

namespace bochner::regression {

/// Leading dimension of blocks of features.
inline Index feature_stride(Index num_features) { return simd::padded<double>(num_features); }

/// One worker's scratch space.
template <Scalar T>
class FeatureRows {
 public:
  explicit FeatureRows(const BlockMap<T>& map)
      : map_(&map), workspace_(map), features_(simd::kBlockRows, map.ld()) {}

  /// phi[r * feature_stride(D) + j] = feature j of row r, for at most 64 rows. Throws
  /// InvalidArgument, naming the row counted from `first_row`, when its features leave the range of
  /// T, or their squares that of double.
  void compute(const Door& door, MatrixView<const T> x, Index first_row, double* phi);

 private:
  const BlockMap<T>* map_;
  feature_map::BlockWorkspace<T> workspace_;
  Matrix<T> features_;
  std::array<std::int32_t, simd::kBlockRows> exponent_{};
};

extern template class FeatureRows<float>;
extern template class FeatureRows<double>;

}  // namespace bochner::regression
