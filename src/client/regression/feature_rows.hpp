// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "feature_map/block.hpp"

#include <array>

/// \file
/// Features with their exponents multiplied in: the rows of a linear model.

namespace bochner::regression {

/// One worker's scratch space.
template <Scalar T>
class FeatureRows {
 public:
  explicit FeatureRows(const BlockMap<T>& map) : map_(&map), workspace_(map) {}

  /// phi[r * map.ld() + j] = feature j of row r, for at most 64 rows. Throws InvalidArgument,
  /// naming the row counted from `first_row`, when a row has no features in T's range.
  void compute(const char* function, MatrixView<const T> x, Index first_row, T* phi);

 private:
  const BlockMap<T>* map_;
  BlockWorkspace<T> workspace_;
  std::array<std::int32_t, simd::kBlockRows> exponent_{};
};

extern template class FeatureRows<float>;
extern template class FeatureRows<double>;

}  // namespace bochner::regression
