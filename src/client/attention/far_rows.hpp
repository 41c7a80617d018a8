// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/weights.hpp"
#include "feature_map/block.hpp"

#include <algorithm>
#include <array>
#include <cmath>

/// \file
/// Rows whose log-features are too large for the engine to split: rare, and done in double.

namespace bochner::attention_internals {

using FarRows = std::array<bool, simd::kBlockRows>;

/// Marks those among `rows` rows that `workspace` has just mapped; the first of them is row
/// `first`.
template <Scalar T>
void mark_far_rows(const feature_map::BlockWorkspace<T>& workspace, Index first, Index rows,
                   FarRows& far) {
  for (Index r = 0; r < rows; ++r) {
    const double largest = BlockMap<T>::largest_log(r, workspace);
    far[static_cast<std::size_t>(first + r)] =
        largest > static_cast<double>(simd::Constants<T>::kMaxLog2);
  }
}

inline bool any_far(const FarRows& far, Index first, Index last) {
  return std::find(far.begin() + first, far.begin() + last, true) != far.begin() + last;
}

/// row_j = 2^(row_j + offset - exponent_j), 0 for features without mass: `exp2_columns`.
template <Scalar T>
void weigh_far_key(T* row, Index features, double offset, const std::int32_t* exponent) {
  for (Index j = 0; j < features; ++j) {
    const double log = static_cast<double>(row[j]) + offset - static_cast<double>(exponent[j]);
    row[j] = exponent[j] == kNoMass ? T{0} : static_cast<T>(std::exp2(log));
  }
}

/// row_j = 2^(row_j + exponent_j - e), e over the largest of these sums: `exp2_weights`. Returns e.
template <Scalar T>
double weigh_far_query(T* row, Index features, const std::int32_t* exponent) {
  const auto log = [&](Index j) {
    return static_cast<double>(row[j]) + static_cast<double>(exponent[j]);
  };
  double top = -std::numeric_limits<double>::infinity();
  for (Index j = 0; j < features; ++j) {
    if (exponent[j] != kNoMass && log(j) > top) top = log(j);
  }
  const double e = std::isfinite(top) ? std::ceil(top) : 0.0;
  for (Index j = 0; j < features; ++j) {
    row[j] = exponent[j] == kNoMass ? T{0} : static_cast<T>(std::exp2(log(j) - e));
  }
  return e;
}

}  // namespace bochner::attention_internals
