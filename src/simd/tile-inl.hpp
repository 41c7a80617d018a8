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
/// and a broadcast fill the register file.
#if HWY_TARGET <= HWY_AVX3
template <Scalar T>
inline constexpr std::size_t kTileRows = 12;
template <Scalar T>
inline constexpr Index kTileVectors = 2;
#elif HWY_TARGET <= HWY_AVX2
template <Scalar T>
inline constexpr std::size_t kTileRows = 6;
template <Scalar T>
inline constexpr Index kTileVectors = 2;
#else
template <Scalar T>
inline constexpr std::size_t kTileRows = 3;
template <Scalar T>
inline constexpr Index kTileVectors = 4;
#endif

/// The left factor: element (row, k) is data[row * row_step + k * step].
template <Scalar T>
struct Left {
  const T* data;
  Index row_step;
  Index step;
};

/// The right factor in panels of columns: element (k, j) of the first is data[k * step + j].
template <Scalar T>
struct Right {
  const T* data;
  Index step;
  Index panel_step;
};

template <Scalar T, std::size_t C>
constexpr Index offset_in_panels(Index panel_step) {
  constexpr auto kVector = static_cast<Index>(C);
  return kVector / kPanelVectors<T> * panel_step + kVector % kPanelVectors<T> * kLanes<T>;
}

template <std::size_t R, Scalar T, std::size_t... C>
HWY_INLINE void multiply_row(const T* a, const Vector<T>* b, Vector<T>* sum,
                             std::index_sequence<C...>) {
  const auto factor = hn::Set(Tag<T>(), *a);
  (..., (sum[R * sizeof...(C) + C] = hn::MulAdd(factor, b[C], sum[R * sizeof...(C) + C])));
}

/// Where sums start and what becomes of them, by vectors of outputs. The lines of a tile are far
/// apart, so they are asked for while its sums are made.
struct FromZero {
  template <Scalar T, class Out>
  static HWY_INLINE Vector<T> start(const Out* out) {
    for (Index j = 0; j < kLanes<T>; j += kPanel<Out>) hwy::Prefetch(out + j);
    return hn::Zero(Tag<T>());
  }
};

/// Goes on with the sums that are there.
struct Continue {
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
template <class Output, Scalar T, class Out, std::size_t... C, std::size_t... R>
HWY_INLINE void tile(Left<T> a, Right<T> b, Index depth, Out* out, Index ldo,
                     std::index_sequence<C...> columns, std::index_sequence<R...>) {
  constexpr Tag<T> d;
  constexpr std::size_t kColumns = sizeof...(C);
  Vector<T> sum[sizeof...(R) * kColumns];
  (..., start_row<Output, T>(sum + R * kColumns, out + static_cast<Index>(R) * ldo, columns));
  HWY_UNROLL(4)
  for (Index k = 0; k < depth; ++k) {
    const Vector<T> right[] = {hn::LoadU(d, b.data + offset_in_panels<T, C>(b.panel_step))...};
    (..., multiply_row<R>(a.data + static_cast<Index>(R) * a.row_step, right, sum, columns));
    a.data += a.step;
    b.data += b.step;
  }
  (..., finish_row<Output, T>(sum + R * kColumns, out + static_cast<Index>(R) * ldo, columns));
}

template <class Output, std::size_t kRows, std::size_t kVectors, Scalar T, class Out>
void tile_of(Left<T> a, Right<T> b, Index depth, Out* out, Index ldo) {
  tile<Output>(a, b, depth, out, ldo, std::make_index_sequence<kVectors>(),
               std::make_index_sequence<kRows>());
}

template <Scalar T, class Out>
using TileFunction = void (*)(Left<T>, Right<T>, Index, Out*, Index);

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
