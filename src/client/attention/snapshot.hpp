// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/prefix_state.hpp"

#include <algorithm>

namespace bochner::attention_internals {

/// A state as it was at some moment, for queries.
template <Scalar T>
struct Snapshot {
  Snapshot(const BlockMap<T>& map, Index value_dim)
      : values(map.num_features(), simd::padded<T>(value_dim)), mass(1, map.ld()) {}

  void take(const PrefixState<T>& state) {
    const PrefixView<T> view = state.view();
    std::copy_n(view.values, values.size(), values.data());
    std::copy_n(view.mass, mass.size(), mass.data());
    exponent = state.exponents();
  }
  PrefixView<T> view() const {
    return {values.data(), values.cols(), mass.data(), exponent.data()};
  }

  Matrix<T> values;
  Matrix<T> mass;
  Exponents exponent;
};

}  // namespace bochner::attention_internals
