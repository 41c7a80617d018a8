// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reference.hpp"

/// \file
/// Rows first .. first + count - 1 of every head.

namespace bochner::testing {

template <class T>
TensorView<const T, 4> part(const Tensor<T>& t, Index first, Index count) {
  TensorView<const T, 4> view = t.view();
  view.data += first * view.stride(2);
  view.extents[2] = count;
  return view;
}

template <class T>
AttentionInputs<T> part(const Qkv<T>& x, Index first, Index count) {
  return {part(x.q, first, count), part(x.k, first, count), part(x.v, first, count)};
}

template <class T>
TensorView<T, 4> part(Tensor<T>& t, Index first, Index count) {
  TensorView<T, 4> view = t.view();
  view.data += first * view.stride(2);
  view.extents[2] = count;
  return view;
}

}  // namespace bochner::testing
