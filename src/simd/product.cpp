// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/product.cpp"
#include <hwy/foreach_target.h>

#include "simd/families-inl.hpp"
#include "simd/tile-inl.hpp"

/// \file
/// project, contract and accumulate: a tile of outputs stays in registers along the whole sum.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

/// All rows of one column of tiles; the rows are shared out evenly.
template <class Output, Index kVectors, Scalar T, std::size_t... R>
void column(Left<T> a, Index rows, Right<T> b, Index depth, T* out, Index ldo,
            std::index_sequence<R...>) {
  static constexpr TileFunction<T, T> kTiles[] = {tile_of<Output, R + 1, kVectors, T, T>...};
  constexpr auto kHighest = static_cast<Index>(sizeof...(R));
  const Index count = (rows + kHighest - 1) / kHighest;
  for (Index i = 0, first = 0; i < count; ++i) {
    const Index height = (rows - first) / (count - i);
    kTiles[height - 1]({a.data + first * a.row_step, a.row_step, a.step}, b, depth,
                       out + first * ldo, ldo);
    first += height;
  }
}

/// out = a b or out += a b, rows x cols; sums run over k < depth in ascending order.
template <class Output, Scalar T>
void product(Left<T> a, Index rows, Right<T> b, Index depth, Index cols, T* out, Index ldo) {
  constexpr std::make_index_sequence<kTileRows<T>> kHeights;
  constexpr Index kWidth = kTileVectors<T> / kPanelVectors<T>;  // panels of a tile
  Index panels = (cols + kPanel<T> - 1) / kPanel<T>;
  for (; panels >= kWidth; panels -= kWidth) {
    column<Output, kTileVectors<T>>(a, rows, b, depth, out, ldo, kHeights);
    b.data += kWidth * b.panel_step;
    out += kWidth * kPanel<T>;
  }
  if constexpr (kWidth == 2) {
    if (panels == 1) column<Output, kPanelVectors<T>>(a, rows, b, depth, out, ldo, kHeights);
  }
}

}  // namespace

template <Scalar T>
void Products<T>::project(const T* x, Index ldx, Index rows, const T* packed, Index depth,
                          Index cols, T* out, Index ldo) noexcept {
  product<Assign>(Left<T>{x, ldx, 1}, rows, Right<T>{packed, kPanel<T>, depth * kPanel<T>}, depth,
                  cols, out, ldo);
}

template <Scalar T>
void Products<T>::contract(const T* phi, Index ldphi, Index rows, Index features, const T* s,
                           Index lds, Index values, T* out, Index ldo) noexcept {
  product<Assign>(Left<T>{phi, ldphi, 1}, rows, Right<T>{s, lds, kPanel<T>}, features, values, out,
                  ldo);
}

template <Scalar T>
void Products<T>::contract_prefixes(const T* a, Index lda, Index rows, const std::int32_t* count,
                                    const T* s, Index lds, Index values, T* out,
                                    Index ldo) noexcept {
  constexpr auto kTile = static_cast<Index>(kTileRows<T>);
  for (Index first = 0; first < rows; first += kTile) {
    const Index last = HWY_MIN(rows, first + kTile);
    // What all rows of a tile see, then for each row the rest of its sums.
    Index common = count[first];
    for (Index r = first; r < last; ++r) common = HWY_MIN(common, Index{count[r]});
    product<Assign>(Left<T>{a + first * lda, lda, 1}, last - first, Right<T>{s, lds, kPanel<T>},
                    common, values, out + first * ldo, ldo);
    for (Index r = first; r < last; ++r) {
      if (count[r] == common) continue;
      product<Continue>(Left<T>{a + r * lda + common, lda, 1}, 1,
                        Right<T>{s + common * lds, lds, kPanel<T>}, count[r] - common, values,
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
    const Left<T> left{phi + first * ldphi, 1, ldphi};
    if (!weight) {
      product<Add>(left, features, Right<T>{v + first * ldv, ldv, kPanel<T>}, count, values, s,
                   lds);
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
      product<Add>(left, features, Right<T>{weighted, kPanel<T>, 0}, count, kPanel<T>, s + c, lds);
    }
  }
}

template struct Products<float>;
template struct Products<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
