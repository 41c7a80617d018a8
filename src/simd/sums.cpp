// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/sums.cpp"
#include <hwy/foreach_target.h>

#include "simd/fold-inl.hpp"
#include "simd/kernels-inl.hpp"

/// \file
/// Sums of columns and rows of blocks, and compensated sums of blocks.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

/// kVectors vectors of columns.
template <Index kVectors, Scalar T>
HWY_INLINE void sum_columns(const T* block, Index ld, Index rows, const T* weight,
                            Vector<T>* sums) {
  constexpr Tag<T> d;
  HWY_UNROLL(4)
  for (Index c = 0; c < kVectors; ++c) sums[c] = hn::Zero(d);
  for (Index r = 0; r < rows; ++r) {
    HWY_UNROLL(4)
    for (Index c = 0; c < kVectors; ++c) {
      const auto x = hn::LoadU(d, block + r * ld + c * kLanes<T>);
      sums[c] = weight ? hn::MulAdd(x, hn::Set(d, weight[r]), sums[c]) : hn::Add(sums[c], x);
    }
  }
}

}  // namespace

template <Scalar T>
void Sums<T>::column_sums(const T* block, Index ld, Index rows, Index cols, const T* weight,
                          T* out) noexcept {
  constexpr Tag<T> d;
  constexpr Index kVectors = 4;
  Vector<T> sums[kVectors];
  Index j = 0;
  for (; j + kVectors * kLanes<T> <= cols; j += kVectors * kLanes<T>) {
    sum_columns<kVectors>(block + j, ld, rows, weight, sums);
    HWY_UNROLL(4)
    for (Index c = 0; c < kVectors; ++c) hn::StoreU(sums[c], d, out + j + c * kLanes<T>);
  }
  for (; j < cols; j += kLanes<T>) {
    sum_columns<1>(block + j, ld, rows, weight, sums);
    store_first(sums[0], out + j, cols - j);
  }
}

template <Scalar T>
void Sums<T>::row_products(const T* block, Index ld, Index rows, Index cols,
                           const std::int32_t* count, const T* x, T* out) noexcept {
  for (Index r = 0; r < rows; ++r) {
    out[r] = folded_sum(block + r * ld, x, count ? Index{count[r]} : cols);
  }
}

template <Scalar T>
void Sums<T>::add_compensated(T* sum, T* rest, const T* x, Index ld, Index rows, Index cols,
                              const T* sum_scale, const T* x_scale) noexcept {
  constexpr Tag<T> d;
  for (Index r = 0; r < rows; ++r) {
    const auto old_scale = hn::Set(d, sum_scale[r]);
    const auto new_scale = hn::Set(d, x_scale[r]);
    for (Index i = r * ld; i < r * ld + cols; i += kLanes<T>) {
      const auto a = hn::Mul(old_scale, hn::LoadU(d, sum + i));
      const auto b = hn::Mul(new_scale, hn::LoadU(d, x + i));
      const auto total = hn::Add(a, b);
      const auto other = hn::Sub(total, a);
      const auto error = hn::Add(hn::Sub(a, hn::Sub(total, other)), hn::Sub(b, other));
      const auto correction = hn::Add(hn::Mul(old_scale, hn::LoadU(d, rest + i)), error);
      const auto nearest = hn::Add(total, correction);
      hn::StoreU(nearest, d, sum + i);
      hn::StoreU(hn::Sub(correction, hn::Sub(nearest, total)), d, rest + i);
    }
  }
}

template struct Sums<float>;
template struct Sums<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
