// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/rank_update.cpp"
#include <hwy/foreach_target.h>

#include "simd/kernels-inl.hpp"
#include "simd/scratch.hpp"
#include "simd/tile-inl.hpp"

/// \file
/// phi^T phi, lower triangle, and a^T b. Rows are far apart, so both factors are copied into panels
/// first: a block of columns for the right side, kept in the second-level cache, and a strip at a
/// time for the left.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {
namespace {

template <Scalar T>
inline constexpr Index kTileWidth = kTileVectors<T>* kLanes<T>;
/// Columns of the right block: 512 KiB.
template <Scalar T>
inline constexpr Index kBlockColumns = 2048 / static_cast<Index>(sizeof(T));
/// Columns of a left strip: sixteen or more tiles.
inline constexpr Index kStripColumns = 96;
/// Rows are far apart, so they are asked for so many earlier.
inline constexpr Index kRowsAhead = 8;

/// Groups of kWidth columns, each contiguous: out[(j / kWidth) * depth + k][j % kWidth] =
/// phi[k][j]; the last group is padded with zeros.
template <Index kWidth, Scalar T>
void pack(const T* phi, Index ldphi, Index depth, Index cols, T* out) {
  const Index whole = cols / kWidth * kWidth;
  for (Index k = 0; k < depth; ++k) {
    const T* const row = phi + k * ldphi;
    const T* const ahead = phi + HWY_MIN(k + kRowsAhead, depth - 1) * ldphi;
    for (Index j = 0; j < cols; j += kPanel<T>) hwy::Prefetch(ahead + j);
    T* to = out + k * kWidth;
    for (Index first = 0; first < whole; first += kWidth, to += depth * kWidth) {
      __builtin_memcpy(to, row + first, kWidth * sizeof(T));
    }
    if (whole == cols) continue;
    for (Index j = 0; j < kWidth; ++j) to[j] = whole + j < cols ? row[whole + j] : T{0};
  }
}

/// Elements that `pack` writes, in whole lines.
template <Index kWidth, Scalar T>
constexpr Index packed_size(Index cols, Index depth) {
  return padded<T>((cols + kWidth - 1) / kWidth * kWidth * depth);
}

/// A tile that sticks out of the matrix: only `rows` x `cols` of it are written.
template <Scalar T>
HWY_NOINLINE void fold_edge(LeftColumns<T> left, RightRows<T> right, Index depth, Index rows,
                            Index cols, double* c, Index ldc) {
  HWY_ALIGN double sums[kTileRows<T> * kTileWidth<T>] = {};
  tile_of<Fold, kTileRows<T>, kTileVectors<T>>(left, right, depth, sums, kTileWidth<T>);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < cols; ++j) c[i * ldc + j] += sums[i * kTileWidth<T> + j];
  }
}

enum class Part { lower, all };

/// Adds the products of `depth` rows, at most kFoldRows, to all of c or to its lower triangle.
template <Part kPart, Scalar T>
void fold_rows(const T* a, Index lda, Index a_cols, const T* b, Index ldb, Index b_cols,
               Index depth, double* c, Index ldc) {
  constexpr Index kHeight = kTileRows<T>;
  constexpr Index kWidth = kTileWidth<T>;
  // Beyond what a stack should be asked for.
  const Index strip_size = packed_size<kHeight, T>(HWY_MIN(a_cols, kStripColumns), depth);
  const Index block_size = packed_size<kWidth, T>(HWY_MIN(b_cols, kBlockColumns<T>), depth);
  const Scratch scratch((strip_size + block_size) * static_cast<Index>(sizeof(T)));
  T* const strip = static_cast<T*>(scratch.data());
  T* const block = strip + strip_size;
  for (Index jb = 0; jb < b_cols; jb += kBlockColumns<T>) {
    const Index jend = HWY_MIN(b_cols, jb + kBlockColumns<T>);
    pack<kWidth>(b + jb, ldb, depth, jend - jb, block);
    for (Index ib = kPart == Part::lower ? jb : 0; ib < a_cols; ib += kStripColumns) {
      const Index iend = HWY_MIN(a_cols, ib + kStripColumns);
      pack<kHeight>(a + ib, lda, depth, iend - ib, strip);
      for (Index j = jb; j < jend; j += kWidth) {
        const RightRows<T> right{block + (j - jb) * depth, kWidth};
        for (Index i = ib; i < iend; i += kHeight) {
          if (kPart == Part::lower && i + kHeight <= j) continue;
          const LeftColumns<T> left{strip + (i - ib) * depth, kHeight};
          double* const out = c + i * ldc + j;
          if (i + kHeight <= a_cols && j + kWidth <= b_cols) {
            tile_of<Fold, kTileRows<T>, kTileVectors<T>>(left, right, depth, out, ldc);
          } else {
            fold_edge(left, right, depth, HWY_MIN(kHeight, a_cols - i), HWY_MIN(kWidth, b_cols - j),
                      out, ldc);
          }
        }
      }
    }
  }
}

}  // namespace

template <Scalar T>
void RankUpdate<T>::rank_update(const T* phi, Index ldphi, Index rows, Index features, double* c,
                                Index ldc) {
  for (Index r = 0; r < rows; r += kFoldRows) {
    const T* const first = phi + r * ldphi;
    fold_rows<Part::lower>(first, ldphi, features, first, ldphi, features,
                           HWY_MIN(kFoldRows, rows - r), c, ldc);
  }
}

template <Scalar T>
void RankUpdate<T>::cross_update(const T* a, Index lda, Index a_cols, const T* b, Index ldb,
                                 Index b_cols, Index rows, double* c, Index ldc) {
  for (Index r = 0; r < rows; r += kFoldRows) {
    fold_rows<Part::all>(a + r * lda, lda, a_cols, b + r * ldb, ldb, b_cols,
                         HWY_MIN(kFoldRows, rows - r), c, ldc);
  }
}

template struct RankUpdate<float>;
template struct RankUpdate<double>;

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
