// SPDX-License-Identifier: Apache-2.0

// A tile of a product in registers; included once for each instruction set, hence no #pragma once.
#if defined(BOCHNER_SIMD_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BOCHNER_SIMD_TILE_INL
#undef BOCHNER_SIMD_TILE_INL
#else
#define BOCHNER_SIMD_TILE_INL
#endif

#include "simd/vector-inl.hpp"

#include <hwy/cache_control.h>

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

/// Rows of a register tile, and its columns in vectors: accumulators, one row of the right factor
/// and a broadcast fill the register file. Wide tiles need few addresses of rows.
template <Scalar T>
inline constexpr Index kTileVectors = HWY_TARGET <= HWY_AVX3 || HWY_TARGET > HWY_AVX2 ? 4 : 2;
#if HWY_TARGET <= HWY_AVX3
inline constexpr Index kAccumulators = 24;
#else
inline constexpr Index kAccumulators = 12;
#endif
template <Scalar T>
inline constexpr Index kTileRows = kAccumulators / kTileVectors<T>;

/// Factors of a product. Which of the two steps from element to element is fixed is part of the
/// type: the addresses of a tile must fit in the registers. A left factor with contiguous rows:
/// element (row, k) is data[row * ld + k].
template <Scalar T>
struct LeftRows {
  const T* data;
  Index ld;

  HWY_INLINE const T* row(Index r) const { return data + r * ld; }
  HWY_INLINE LeftRows from(Index r) const { return {row(r), ld}; }
  HWY_INLINE void advance() { ++data; }
};

/// The transpose of one: element (row, k) is data[k * ld + row].
template <Scalar T>
struct LeftColumns {
  const T* data;
  Index ld;

  HWY_INLINE const T* row(Index r) const { return data + r; }
  HWY_INLINE LeftColumns from(Index r) const { return {row(r), ld}; }
  HWY_INLINE void advance() { data += ld; }
};

/// A right factor with contiguous rows.
template <Scalar T>
struct RightRows {
  const T* data;
  Index ld;

  HWY_INLINE const T* panel(Index p) const { return data + p * kPanel<T>; }
  HWY_INLINE RightRows from(Index p) const { return {panel(p), ld}; }
  HWY_INLINE void advance() { data += ld; }
};

/// A right factor in panels of kPanel columns, each contiguous.
template <Scalar T>
struct RightPanels {
  const T* data;
  Index panel_size;

  HWY_INLINE const T* panel(Index p) const { return data + p * panel_size; }
  HWY_INLINE RightPanels from(Index p) const { return {panel(p), panel_size}; }
  HWY_INLINE void advance() { data += kPanel<T>; }
};

/// Vector C of a row of the right factor.
template <std::size_t C, Scalar T, template <class> class Right>
HWY_INLINE Vector<T> load_right(const Right<T>& b) {
  constexpr auto kVector = static_cast<Index>(C);
  return hn::LoadU(Tag<T>(),
                   b.panel(kVector / kPanelVectors<T>) + kVector % kPanelVectors<T> * kLanes<T>);
}

template <std::size_t R, Scalar T, std::size_t... C>
HWY_INLINE void multiply_row(const T* a, const Vector<T>* b, Vector<T>* sum,
                             std::index_sequence<C...>) {
  const auto factor = hn::Set(Tag<T>(), *a);
  (..., (sum[R * sizeof...(C) + C] = hn::MulAdd(factor, b[C], sum[R * sizeof...(C) + C])));
}

/// Where sums start and what becomes of them, by vectors of outputs. The lines of a tile are far
/// apart, so they are prefetched while its sums are computed. Narrow tiles are higher, up to
/// kMostRows, to keep the multipliers busy.
struct FromZero {
  static constexpr Index kMostRows = 12;
  template <Scalar T, class Out>
  static HWY_INLINE Vector<T> start(const Out* out) {
    for (Index j = 0; j < kLanes<T>; j += kPanel<Out>) hwy::Prefetch(out + j);
    return hn::Zero(Tag<T>());
  }
};

/// Goes on with the sums that are there, of a single row.
struct Continue {
  static constexpr Index kMostRows = 1;
  template <Scalar T, class Out>
  static HWY_INLINE Vector<T> start(const Out* out) {
    return hn::LoadU(Tag<T>(), out);
  }
  template <Scalar T>
  static HWY_INLINE void finish(Vector<T> sum, T* out) {
    hn::StoreU(sum, Tag<T>(), out);
  }
};

struct Assign : FromZero {
  template <Scalar T>
  static HWY_INLINE void finish(Vector<T> sum, T* out) {
    hn::StoreU(sum, Tag<T>(), out);
  }
};

struct Add : FromZero {
  template <Scalar T>
  static HWY_INLINE void finish(Vector<T> sum, T* out) {
    constexpr Tag<T> d;
    hn::StoreU(hn::Add(hn::LoadU(d, out), sum), d, out);
  }
};

/// Into sums kept in double.
struct Fold : FromZero {
  static HWY_INLINE void finish(Vector<double> sum, double* out) { Add::finish(sum, out); }
  static HWY_INLINE void finish(Vector<float> sum, double* out) {
    constexpr Tag<float> d;
    constexpr Tag<double> wide;
    Add::finish<double>(hn::PromoteTo(wide, hn::LowerHalf(sum)), out);
    Add::finish<double>(hn::PromoteTo(wide, hn::UpperHalf(hn::Half<Tag<float>>(), sum)),
                        out + kLanes<double>);
  }
};

template <class Output, Scalar T, class Out, std::size_t... C>
HWY_INLINE void start_row(Vector<T>* sum, const Out* out, std::index_sequence<C...>) {
  (..., (sum[C] = Output::template start<T>(out + static_cast<Index>(C) * kLanes<T>)));
}

template <class Output, Scalar T, class Out, std::size_t... C>
HWY_INLINE void finish_row(const Vector<T>* sum, Out* out, std::index_sequence<C...>) {
  (..., Output::finish(sum[C], out + static_cast<Index>(C) * kLanes<T>));
}

/// Outputs R... x C... (rows x vectors).
template <class Output, Scalar T, template <class> class Left, template <class> class Right,
          class Out, std::size_t... C, std::size_t... R>
HWY_INLINE void tile(Left<T> a, Right<T> b, Index depth, Out* out, Index ldo,
                     std::index_sequence<C...> columns, std::index_sequence<R...>) {
  constexpr std::size_t kColumns = sizeof...(C);
  Vector<T> sum[sizeof...(R) * kColumns];
  (..., start_row<Output, T>(sum + R * kColumns, out + static_cast<Index>(R) * ldo, columns));
  HWY_UNROLL(4)
  for (Index k = 0; k < depth; ++k) {
    const Vector<T> right[] = {load_right<C>(b)...};
    (..., multiply_row<R>(a.row(static_cast<Index>(R)), right, sum, columns));
    a.advance();
    b.advance();
  }
  (..., finish_row<Output, T>(sum + R * kColumns, out + static_cast<Index>(R) * ldo, columns));
}

template <class Output, std::size_t kRows, std::size_t kVectors, Scalar T,
          template <class> class Left, template <class> class Right, class Out>
void tile_of(Left<T> a, Right<T> b, Index depth, Out* out, Index ldo) {
  tile<Output>(a, b, depth, out, ldo, std::make_index_sequence<kVectors>(),
               std::make_index_sequence<kRows>());
}

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
