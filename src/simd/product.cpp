// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/product.cpp"
#include <hwy/foreach_target.h>

#include "simd/kernels-inl.hpp"
#include "simd/tile-inl.hpp"

/// \file
/// project, contract and accumulate: a tile of outputs stays in registers along the whole sum.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

/// All rows of one column of tiles; the rows are shared out evenly.
template <class Output, Index kVectors, Scalar T, template <class> class Left,
          template <class> class Right, std::size_t... R>
void column(Left<T> a, Index rows, Right<T> b, Index depth, T* out, Index ldo,
            std::index_sequence<R...>) {
  using Tile = void (*)(Left<T>, Right<T>, Index, T*, Index);
  static constexpr Tile kTiles[] = {tile_of<Output, R + 1, kVectors, T, Left, Right, T>...};
  constexpr auto kHighest = static_cast<Index>(sizeof...(R));
  const Index count = (rows + kHighest - 1) / kHighest;
  for (Index i = 0, first = 0; i < count; ++i) {
    const Index height = (rows - first) / (count - i);
    kTiles[height - 1](a.from(first), b, depth, out + first * ldo, ldo);
    first += height;
  }
}

/// A column of `panels` panels, at most kPanels.
template <class Output, Index kPanels, Scalar T, template <class> class Left,
          template <class> class Right>
void column_of(Index panels, Left<T> a, Index rows, Right<T> b, Index depth, T* out, Index ldo) {
  if constexpr (kPanels > 0) {
    if (panels < kPanels) {
      column_of<Output, kPanels - 1>(panels, a, rows, b, depth, out, ldo);
    } else {
      constexpr Index kVectors = kPanels * kPanelVectors<T>;
      constexpr std::size_t kHeight = HWY_MIN(kAccumulators / kVectors, Output::kMostRows);
      column<Output, kVectors>(a, rows, b, depth, out, ldo, std::make_index_sequence<kHeight>());
    }
  }
}

/// out = a b or out += a b, rows x cols; sums run over k < depth in ascending order.
template <class Output, Scalar T, template <class> class Left, template <class> class Right>
void product(Left<T> a, Index rows, Right<T> b, Index depth, Index cols, T* out, Index ldo) {
  constexpr Index kWidth = kTileVectors<T> / kPanelVectors<T>;  // panels of a tile
  for (Index panels = (cols + kPanel<T> - 1) / kPanel<T>; panels > 0; panels -= kWidth) {
    column_of<Output, kWidth>(HWY_MIN(panels, kWidth), a, rows, b, depth, out, ldo);
    b = b.from(kWidth);
    out += kWidth * kPanel<T>;
  }
}

}  // namespace

template <Scalar T>
void Products<T>::project(const T* x, Index ldx, Index rows, const T* packed, Index depth,
                          Index cols, T* out, Index ldo) noexcept {
  product<Assign>(LeftRows<T>{x, ldx}, rows, RightPanels<T>{packed, depth * kPanel<T>}, depth, cols,
                  out, ldo);
}

template <Scalar T>
void Products<T>::contract(const T* phi, Index ldphi, Index rows, Index features, const T* s,
                           Index lds, Index values, T* out, Index ldo) noexcept {
  product<Assign>(LeftRows<T>{phi, ldphi}, rows, RightRows<T>{s, lds}, features, values, out, ldo);
}

template <Scalar T>
void Products<T>::contract_prefixes(const T* a, Index lda, Index rows, const std::int32_t* count,
                                    const T* s, Index lds, Index values, T* out,
                                    Index ldo) noexcept {
  for (Index first = 0; first < rows; first += kTileRows<T>) {
    const Index last = HWY_MIN(rows, first + kTileRows<T>);
    // What all rows of a tile see, then for each row the rest of its sums.
    Index common = count[first];
    for (Index r = first; r < last; ++r) common = HWY_MIN(common, Index{count[r]});
    product<Assign>(LeftRows<T>{a + first * lda, lda}, last - first, RightRows<T>{s, lds}, common,
                    values, out + first * ldo, ldo);
    for (Index r = first; r < last; ++r) {
      if (count[r] == common) continue;
      product<Continue>(LeftRows<T>{a + r * lda + common, lda}, 1,
                        RightRows<T>{s + common * lds, lds}, count[r] - common, values,
                        out + r * ldo, ldo);
    }
  }
}

template <Scalar T>
void Products<T>::accumulate(const T* phi, Index ldphi, Index rows, Index features, const T* v,
                             Index ldv, Index values, const T* weight, T* s, Index lds) noexcept {
  constexpr Tag<T> d;
  for (Index first = 0; first < rows; first += kFoldRows) {
    const Index count = HWY_MIN(kFoldRows, rows - first);
    const LeftColumns<T> left{phi + first * ldphi, ldphi};
    if (!weight) {
      product<Add>(left, features, RightRows<T>{v + first * ldv, ldv}, count, values, s, lds);
      continue;
    }
    for (Index c = 0; c < values; c += kPanel<T>) {
      HWY_ALIGN T weighted[kFoldRows * kPanel<T>];
      for (Index r = 0; r < count; ++r) {
        const auto factor = hn::Set(d, weight[first + r]);
        for (Index j = 0; j < kPanel<T>; j += kLanes<T>) {
          hn::StoreU(hn::Mul(factor, hn::LoadU(d, v + (first + r) * ldv + c + j)), d,
                     weighted + r * kPanel<T> + j);
        }
      }
      product<Add>(left, features, RightRows<T>{weighted, kPanel<T>}, count, kPanel<T>, s + c, lds);
    }
  }
}

template struct Products<float>;
template struct Products<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
