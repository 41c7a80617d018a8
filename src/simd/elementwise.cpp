// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/elementwise.cpp"
#include <hwy/foreach_target.h>

#include "simd/kernels-inl.hpp"

/// \file
/// Passes over blocks that need no more than arithmetic.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

template <int kOrder, Scalar T>
HWY_INLINE Vector<T> rectified(Vector<T> x) {
  constexpr Tag<T> d;
  const auto zero = hn::Zero(d);
  const auto positive = hn::Max(zero, x);  // a NaN stays: x86 returns the second operand
  if constexpr (kOrder == 0) {
    const auto step = hn::IfThenElseZero(hn::Gt(x, zero), hn::Set(d, T{1}));
    return hn::IfThenElse(hn::Eq(x, x), step, x);
  } else if constexpr (kOrder == 1) {
    return positive;
  } else {
    return hn::Mul(positive, positive);
  }
}

template <int kOrder, Scalar T>
void rectify(T* block, Index ld, Index rows, Index cols, T factor, const T* scale,
             const T* offset) {
  constexpr Tag<T> d;
  const auto front = hn::Set(d, factor);
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    const auto inner = hn::Set(d, scale[r]);
    const auto outer = hn::Set(d, offset ? offset[r] : T{0});
    for (Index j = 0; j < cols; j += kLanes<T>) {
      const auto power = rectified<kOrder, T>(hn::Mul(inner, hn::LoadU(d, row + j)));
      hn::StoreU(hn::MulAdd(front, power, outer), d, row + j);
    }
  }
}

}  // namespace

template <Scalar T>
void Elementwise<T>::affine_rows(T* block, Index ld, Index rows, Index cols, T scale,
                                 const T* column_offset) noexcept {
  constexpr Tag<T> d;
  const auto factor = hn::Set(d, scale);
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    for (Index j = 0; j < cols; j += kLanes<T>) {
      const auto x = hn::LoadU(d, row + j);
      hn::StoreU(column_offset ? hn::MulAdd(factor, x, hn::LoadU(d, column_offset + j))
                               : hn::Mul(factor, x),
                 d, row + j);
    }
  }
}

template <Scalar T>
void Elementwise<T>::mirror_rows(T* block, Index ld, Index rows, Index cols,
                                 const T* column_offset) noexcept {
  constexpr Tag<T> d;
  const Index whole = cols / kLanes<T> * kLanes<T>;
  for (Index r = 0; r < rows; ++r) {
    T* const row = block + r * ld;
    for (Index j = 0; j < whole; j += kLanes<T>) {
      const auto x = hn::LoadU(d, row + j);
      const auto offset = column_offset ? hn::LoadU(d, column_offset + j) : hn::Zero(d);
      hn::StoreU(hn::Add(offset, x), d, row + j);
      hn::StoreU(hn::Sub(offset, x), d, row + cols + j);
    }
    for (Index j = whole; j < cols; ++j) {
      const T x = row[j];
      const T offset = column_offset ? column_offset[j] : T{0};
      row[j] = offset + x;
      row[cols + j] = offset - x;
    }
  }
}

template <Scalar T>
void Elementwise<T>::rectify_rows(T* block, Index ld, Index rows, Index cols, int order, T factor,
                                  const T* scale, const T* offset) noexcept {
  if (order == 0) rectify<0>(block, ld, rows, cols, factor, scale, offset);
  if (order == 1) rectify<1>(block, ld, rows, cols, factor, scale, offset);
  if (order == 2) rectify<2>(block, ld, rows, cols, factor, scale, offset);
}

template struct Elementwise<float>;
template struct Elementwise<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
