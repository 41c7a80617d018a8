// SPDX-License-Identifier: Apache-2.0

// Rows into lanes and back; included once for each instruction set, hence no #pragma once.
#if defined(BOCHNER_SIMD_TRANSPOSE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BOCHNER_SIMD_TRANSPOSE_INL
#undef BOCHNER_SIMD_TRANSPOSE_INL
#else
#define BOCHNER_SIMD_TRANSPOSE_INL
#endif

#include "simd/vector-inl.hpp"

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

/// Columns of the square blocks in which rows are transposed: 16 bytes.
template <Scalar T>
inline constexpr Index kBlock = 16 / static_cast<Index>(sizeof(T));

/// A vector whose b-th 16 bytes are at from + b * step.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_blocks(D d, const T* from, Index step) {
  if constexpr (hn::MaxLanes(D()) * sizeof(T) == 16) {
    return hn::LoadU(d, from);
  } else {
    constexpr hn::Half<D> half;
    constexpr auto kBlocks = static_cast<Index>(hn::MaxLanes(half)) / kBlock<T>;
    return hn::Combine(d, load_blocks(half, from + kBlocks * step, step),
                       load_blocks(half, from, step));
  }
}

/// Transposes the square blocks of kBlock vectors.
HWY_INLINE void transpose_pairs(Vector<float>& a, Vector<float>& b) {
  constexpr Tag<float> d;
  constexpr Tag<double> pairs;
  const auto x = hn::BitCast(pairs, a);
  const auto y = hn::BitCast(pairs, b);
  a = hn::BitCast(d, hn::InterleaveLower(pairs, x, y));
  b = hn::BitCast(d, hn::InterleaveUpper(pairs, x, y));
}
HWY_INLINE void transpose_blocks(Vector<float>* v) {
  constexpr Tag<float> d;
  Vector<float> low[] = {hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveLower(d, v[2], v[3])};
  Vector<float> high[] = {hn::InterleaveUpper(d, v[0], v[1]), hn::InterleaveUpper(d, v[2], v[3])};
  transpose_pairs(low[0], low[1]);
  transpose_pairs(high[0], high[1]);
  v[0] = low[0];
  v[1] = low[1];
  v[2] = high[0];
  v[3] = high[1];
}
HWY_INLINE void transpose_blocks(Vector<double>* v) {
  constexpr Tag<double> d;
  const auto low = hn::InterleaveLower(d, v[0], v[1]);
  v[1] = hn::InterleaveUpper(d, v[0], v[1]);
  v[0] = low;
}

/// Transposes kWidth rows of x, `cols` of their columns: entry j of row l goes to
/// data[j * kWidth + l]. Returns how many columns, whole blocks, were done.
template <Index kWidth, Scalar T>
Index interleave_blocks(const T* x, Index ldx, Index cols, T* data) {
  constexpr Tag<T> d;
  const Index whole = cols / kBlock<T> * kBlock<T>;
  for (Index i = 0; i < whole; i += kBlock<T>) {
    for (Index l = 0; l < kWidth; l += kLanes<T>) {
      Vector<T> v[kBlock<T>];
      HWY_UNROLL(4)
      for (Index q = 0; q < kBlock<T>; ++q) {
        v[q] = load_blocks(d, x + (l + q) * ldx + i, kBlock<T> * ldx);
      }
      transpose_blocks(v);
      HWY_UNROLL(4)
      for (Index q = 0; q < kBlock<T>; ++q) hn::StoreU(v[q], d, data + (i + q) * kWidth + l);
    }
  }
  return whole;
}

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
