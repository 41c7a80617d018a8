// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/fwht.cpp"
#include <hwy/foreach_target.h>

#include "simd/butterfly-inl.hpp"
#include "simd/kernels-inl.hpp"

/// \file
/// The Walsh-Hadamard transform of one array: a pass loads a group of 2^levels vectors, does that
/// many levels of butterflies in registers and stores them.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

enum class Inner { untouched, transformed };

/// One pass over n elements, partners `stride` elements apart, after the levels inside the vectors
/// where it is the first.
template <Inner kInner, int kLevels, Scalar T, std::size_t... V>
void pass(T* data, Index n, Index stride, std::index_sequence<V...>) {
  constexpr Tag<T> d;
  constexpr auto kGroup = static_cast<Index>(sizeof...(V));
  for (Index block = 0; block < n; block += kGroup * stride) {
    for (Index i = block; i < block + stride; i += kLanes<T>) {
      Vector<T> v[] = {hn::LoadU(d, data + i + static_cast<Index>(V) * stride)...};
      if constexpr (kInner == Inner::transformed) {
        (..., (v[V] = inner_levels<Order::ascending, 0, T>(v[V])));
      }
      levels<Order::ascending, kLevels, 0, kLevels, T>(v);
      (..., hn::StoreU(v[V], d, data + i + static_cast<Index>(V) * stride));
    }
  }
}

template <Inner kInner, Scalar T>
void pass(int count, T* data, Index n, Index stride) {
  if (count == 0) pass<kInner, 0>(data, n, stride, std::make_index_sequence<1>());
  if (count == 1) pass<kInner, 1>(data, n, stride, std::make_index_sequence<2>());
  if (count == 2) pass<kInner, 2>(data, n, stride, std::make_index_sequence<4>());
  if (count == 3) pass<kInner, 3>(data, n, stride, std::make_index_sequence<8>());
  if constexpr (kMaxLevels == 4) {
    if (count == 4) pass<kInner, 4>(data, n, stride, std::make_index_sequence<16>());
  }
}

template <Scalar T>
void short_transform(T* data, Index n) {
  for (Index half = 1; half < n; half *= 2) {
    for (Index i = 0; i < n; ++i) {
      if ((i & half) != 0) continue;
      const T a = data[i];
      const T b = data[i + half];
      data[i] = a + b;
      data[i + half] = a - b;
    }
  }
}

}  // namespace

template <Scalar T>
void Walsh<T>::fwht(T* data, Index n) noexcept {
  if (n < kLanes<T>) {
    short_transform(data, n);
    return;
  }
  const Plan plan(log2_exact(n / kLanes<T>));
  pass<Inner::transformed>(plan.count(0), data, n, kLanes<T>);
  for (int p = 1; p < plan.passes; ++p) {
    pass<Inner::untouched>(plan.count(p), data, n, kLanes<T> << plan.first_level(p));
  }
}

template struct Walsh<float>;
template struct Walsh<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
