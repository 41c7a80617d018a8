// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/packing.cpp"
#include <hwy/foreach_target.h>

#include "simd/kernels-inl.hpp"
#include "simd/transpose-inl.hpp"

/// \file
/// Callers' rows, and transposes, into the engine's layouts.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

/// Sums of squares: term k belongs to sum k % 8.
constexpr Index kSums = 8;

/// Vectors of T as long as those of double.
template <Scalar T>
using NarrowTag = hn::Rebind<T, Tag<double>>;

HWY_INLINE Vector<double> to_double(hn::Vec<NarrowTag<float>> v) {
  return hn::PromoteTo(Tag<double>(), v);
}
HWY_INLINE Vector<double> to_double(Vector<double> v) { return v; }

/// Eight elements: out = (x - centre) * scale, and their squares.
template <Scalar T>
HWY_INLINE void pack_eight(const T* x, const T* centre, const T* scale, T* out,
                           Vector<double>* sums) {
  constexpr NarrowTag<T> d;
  HWY_UNROLL(4)
  for (Index q = 0; q < kSums / kLanes<double>; ++q) {
    auto value = hn::LoadU(d, x + q * kLanes<double>);
    if (centre) value = hn::Sub(value, hn::LoadU(d, centre + q * kLanes<double>));
    if (scale) value = hn::Mul(value, hn::LoadU(d, scale + q * kLanes<double>));
    hn::StoreU(value, d, out + q * kLanes<double>);
    const auto wide = to_double(value);
    sums[q] = hn::MulAdd(wide, wide, sums[q]);
  }
}

template <Scalar T>
HWY_INLINE const T* first_of(const T* from, Index count, T* padded_copy) {
  if (!from) return nullptr;
  for (Index k = 0; k < count; ++k) padded_copy[k] = from[k];
  return padded_copy;
}

/// A contiguous row; returns its squared norm.
template <Scalar T>
double pack_row(const T* x, Index cols, const T* centre, const T* scale, T* out) {
  constexpr Tag<double> d;
  Vector<double> sums[kSums / kLanes<double>];
  HWY_UNROLL(4)
  for (auto& sum : sums) sum = hn::Zero(d);
  Index k = 0;
  for (; k + kSums <= cols; k += kSums) {
    pack_eight(x + k, centre ? centre + k : nullptr, scale ? scale + k : nullptr, out + k, sums);
  }
  if (k < cols) {
    T tail[3][kSums] = {};
    const Index count = cols - k;
    pack_eight(first_of(x + k, count, tail[0]),
               first_of(centre ? centre + k : nullptr, count, tail[1]),
               first_of(scale ? scale + k : nullptr, count, tail[2]), out + k, sums);
    k += kSums;
  }
  for (; k < padded<T>(cols); ++k) out[k] = T{0};
  HWY_ALIGN double s[kSums];
  HWY_UNROLL(4)
  for (Index q = 0; q < kSums / kLanes<double>; ++q) hn::Store(sums[q], d, s + q * kLanes<double>);
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

}  // namespace

template <Scalar T>
void Packing<T>::pack_rows(const T* x, Index row_stride, Index col_stride, Index rows, Index cols,
                           const T* centre, const T* scale, T* out, Index ld,
                           double* squared_norm) noexcept {
  for (Index r = 0; r < rows; ++r) {
    const T* row = x + r * row_stride;
    T* const to = out + r * ld;
    if (col_stride != 1) {
      for (Index k = 0; k < cols; ++k) to[k] = row[k * col_stride];
      row = to;
    }
    squared_norm[r] = pack_row(row, cols, centre, scale, to);
  }
}

template <Scalar T>
void Packing<T>::pack_transposed(const T* a, Index lda, Index rows, Index cols, const T* scale,
                                 T* packed) noexcept {
  constexpr Tag<T> d;
  constexpr Index kP = kPanel<T>;
  for (Index first = 0; first < rows; first += kP, packed += cols * kP) {
    const T* const from = a + first * lda;
    const Index whole = first + kP <= rows ? interleave_blocks<kP>(from, lda, cols, packed) : 0;
    for (T* to = packed; scale && to < packed + whole * kP; to += kLanes<T>) {
      hn::StoreU(hn::Mul(hn::Set(d, scale[(to - packed) / kP]), hn::LoadU(d, to)), d, to);
    }
    for (Index j = whole; j < cols; ++j) {
      const T factor = scale ? scale[j] : T{1};
      for (Index l = 0; l < kP; ++l) {
        packed[j * kP + l] = first + l < rows ? factor * from[l * lda + j] : T{0};
      }
    }
  }
}

template struct Packing<float>;
template struct Packing<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
