// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/rank_update.cpp"
#include <hwy/foreach_target.h>

#include "simd/families-inl.hpp"
#include "simd/tile-inl.hpp"

#include <hwy/cache_control.h>

/// \file
/// phi^T phi, lower triangle. Rows of phi are far apart, so both factors are copied into panels
/// first: a block of columns for the right side, kept in the second-level cache, and a strip at a
/// time for the left.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

template <Scalar T>
inline constexpr auto kTileHeight = static_cast<Index>(kTileRows<T>);
template <Scalar T>
inline constexpr Index kTileWidth = kTileVectors<T>* kLanes<T>;
/// Columns of the right block: 256 KiB.
template <Scalar T>
inline constexpr Index kBlockColumns = 1024 / static_cast<Index>(sizeof(T));
/// Columns of a left strip: eight or more tiles.
inline constexpr Index kStripColumns = 48;

/// Groups of kWidth columns, each contiguous: out[(j / kWidth) * depth + k][j % kWidth] =
/// phi[k][j]; the last group is padded with zeros.
template <Index kWidth, Scalar T>
void pack(const T* phi, Index ldphi, Index depth, Index cols, T* out) {
  const Index whole = cols / kWidth * kWidth;
  for (Index k = 0; k < depth; ++k) {
    const T* const row = phi + k * ldphi;
    T* to = out + k * kWidth;
    for (Index first = 0; first < whole; first += kWidth, to += depth * kWidth) {
      __builtin_memcpy(to, row + first, kWidth * sizeof(T));
    }
    if (whole == cols) continue;
    for (Index j = 0; j < kWidth; ++j) to[j] = whole + j < cols ? row[whole + j] : T{0};
  }
}

template <Scalar T>
void prefetch_tile(const double* c, Index ldc) {
  for (Index i = 0; i < kTileHeight<T>; ++i) {
    for (Index j = 0; j < kTileWidth<T>; j += kPanel<double>) hwy::Prefetch(c + i * ldc + j);
  }
}

/// A tile that sticks out of the matrix: only `rows` x `cols` of it are written.
template <Scalar T>
HWY_NOINLINE void fold_edge(Left<T> left, Right<T> right, Index depth, Index rows, Index cols,
                            double* c, Index ldc) {
  HWY_ALIGN double sums[kTileHeight<T> * kTileWidth<T>] = {};
  tile_of<Fold, kTileRows<T>, kTileVectors<T>>(left, right, depth, sums, kTileWidth<T>);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < cols; ++j) c[i * ldc + j] += sums[i * kTileWidth<T> + j];
  }
}

/// Adds the products of `depth` rows, at most kFoldRows.
template <Scalar T>
void fold_rows(const T* phi, Index ldphi, Index depth, Index features, double* c, Index ldc) {
  constexpr Index kHeight = kTileHeight<T>;
  constexpr Index kWidth = kTileWidth<T>;
  HWY_ALIGN T strip[kFoldRows * kStripColumns];
  HWY_ALIGN T block[kFoldRows * kBlockColumns<T>];
  for (Index jb = 0; jb < features; jb += kBlockColumns<T>) {
    const Index jend = HWY_MIN(features, jb + kBlockColumns<T>);
    pack<kWidth>(phi + jb, ldphi, depth, jend - jb, block);
    for (Index ib = jb; ib < features; ib += kStripColumns) {
      const Index iend = HWY_MIN(features, ib + kStripColumns);
      pack<kHeight>(phi + ib, ldphi, depth, iend - ib, strip);
      for (Index j = jb; j < HWY_MIN(jend, iend); j += kWidth) {
        const Right<T> right{block + (j - jb) * depth, kWidth, kPanel<T>};
        for (Index i = ib; i < iend; i += kHeight) {
          if (i + kHeight <= j) continue;
          const Left<T> left{strip + (i - ib) * depth, 1, kHeight};
          double* const out = c + i * ldc + j;
          if (i + kHeight <= features && j + kWidth <= features) {
            prefetch_tile<T>(out, ldc);
            tile_of<Fold, kTileRows<T>, kTileVectors<T>>(left, right, depth, out, ldc);
          } else {
            fold_edge(left, right, depth, HWY_MIN(kHeight, features - i),
                      HWY_MIN(kWidth, features - j), out, ldc);
          }
        }
      }
    }
  }
}

}  // namespace

template <Scalar T>
void RankUpdate<T>::rank_update(const T* phi, Index ldphi, Index rows, Index features, double* c,
                                Index ldc) noexcept {
  for (Index first = 0; first < rows; first += kFoldRows) {
    fold_rows(phi + first * ldphi, ldphi, HWY_MIN(kFoldRows, rows - first), features, c, ldc);
  }
}

template struct RankUpdate<float>;
template struct RankUpdate<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
