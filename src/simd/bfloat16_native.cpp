// SPDX-License-Identifier: Apache-2.0
#include "simd/bfloat16_native.hpp"

/// \file
/// The one file with intrinsics: Highway 1.0.3 does not know `vdpbf16ps`. Its functions are
/// compiled for AVX512_BF16 by attribute and run after a check only.

#if defined(__x86_64__)

// g++ 12 takes the "undefined" operands inside its own headers for variables.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <hwy/base.h>
#include <immintrin.h>

#define BOCHNER_BFLOAT16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

namespace bochner::simd {
namespace {

constexpr Index kLanes = 16;
constexpr std::size_t kTileRows = 12;

/// Words of 16 columns of two rows.
BOCHNER_BFLOAT16 inline __m512i pair(__m512 low, __m512 high) {
  const auto first = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(low)));
  const auto second = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(high)));
  return _mm512_or_si512(first, _mm512_slli_epi32(second, 16));
}

BOCHNER_BFLOAT16 void pair_rows(const float* x, Index ldx, Index rows, Index cols,
                                Bfloat16Pair* out, Index ldo) noexcept {
  for (Index r = 0; r < rows; r += 2) {
    const float* const low = x + r * ldx;
    for (Index j = 0; j < cols; j += kLanes) {
      const __m512 high = r + 1 < rows ? _mm512_loadu_ps(low + ldx + j) : _mm512_setzero_ps();
      _mm512_storeu_si512(out + r / 2 * ldo + j, pair(_mm512_loadu_ps(low + j), high));
    }
  }
}

BOCHNER_BFLOAT16 void pair_columns(const float* x, Index ldx, Index rows, Index cols,
                                   Bfloat16Pair* out, Index ldo) noexcept {
  for (Index r = 0; r < rows; ++r) {
    const float* const row = x + r * ldx;
    for (Index j = 0; j < cols; j += kLanes) {
      const __m256bh half = _mm512_cvtneps_pbh(_mm512_loadu_ps(row + j));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + r * ldo + j / 2),
                          reinterpret_cast<__m256i>(half));
    }
  }
}

struct Factors {
  const Bfloat16Pair* data;
  Index row_step;
  Index step;
};

/// kRows x kVectors vectors of outputs: out (+)= a b.
template <std::size_t kRows, std::size_t kVectors, bool kAdd>
BOCHNER_BFLOAT16 void tile(Factors a, const Bfloat16Pair* b, Index ldb, Index pairs, float* out,
                           Index ldo) {
  __m512 sum[kRows][kVectors];
  HWY_UNROLL(12)
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(2)
    for (std::size_t c = 0; c < kVectors; ++c) sum[r][c] = _mm512_setzero_ps();
  }
  for (Index i = 0; i < pairs; ++i) {
    __m512bh right[kVectors];
    HWY_UNROLL(2)
    for (std::size_t c = 0; c < kVectors; ++c) {
      right[c] = reinterpret_cast<__m512bh>(
          _mm512_loadu_si512(b + i * ldb + static_cast<Index>(c) * kLanes));
    }
    const Bfloat16Pair* const left = a.data + i * a.step;
    HWY_UNROLL(12)
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto factor = reinterpret_cast<__m512bh>(
          _mm512_set1_epi32(static_cast<int>(left[static_cast<Index>(r) * a.row_step])));
      HWY_UNROLL(2)
      for (std::size_t c = 0; c < kVectors; ++c) {
        sum[r][c] = _mm512_dpbf16_ps(sum[r][c], factor, right[c]);
      }
    }
  }
  HWY_UNROLL(12)
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(2)
    for (std::size_t c = 0; c < kVectors; ++c) {
      float* const to = out + static_cast<Index>(r) * ldo + static_cast<Index>(c) * kLanes;
      _mm512_storeu_ps(to, kAdd ? _mm512_add_ps(_mm512_loadu_ps(to), sum[r][c]) : sum[r][c]);
    }
  }
}

using Tile = void (*)(Factors, const Bfloat16Pair*, Index, Index, float*, Index);

template <std::size_t kVectors, bool kAdd, std::size_t... R>
constexpr std::array<Tile, sizeof...(R)> tiles(std::index_sequence<R...>) {
  return {tile<R + 1, kVectors, kAdd>...};
}

/// out (+)= a b, rows x cols; the rows are shared out evenly.
template <bool kAdd>
void product(Factors a, Index rows, const Bfloat16Pair* b, Index ldb, Index pairs, Index cols,
             float* out, Index ldo) {
  static constexpr auto kWide = tiles<2, kAdd>(std::make_index_sequence<kTileRows>());
  static constexpr auto kNarrow = tiles<1, kAdd>(std::make_index_sequence<kTileRows>());
  constexpr auto kHighest = static_cast<Index>(kTileRows);
  const Index count = (rows + kHighest - 1) / kHighest;
  for (Index c = 0; c < cols;) {
    const bool wide = c + kLanes < cols;
    for (Index i = 0, first = 0; i < count; ++i) {
      const Index height = (rows - first) / (count - i);
      (wide ? kWide : kNarrow)[static_cast<std::size_t>(height - 1)](
          {a.data + first * a.row_step, a.row_step, a.step}, b + c, ldb, pairs,
          out + first * ldo + c, ldo);
      first += height;
    }
    c += wide ? 2 * kLanes : kLanes;
  }
}

void accumulate(const Bfloat16Pair* phi, Index ldphi, Index pairs, Index features,
                const Bfloat16Pair* v, Index ldv, Index values, float* s, Index lds) noexcept {
  product<true>({phi, 1, ldphi}, features, v, ldv, pairs, values, s, lds);
}

void contract(const Bfloat16Pair* phi, Index ldphi, Index rows, Index pairs, const Bfloat16Pair* s,
              Index lds, Index values, float* out, Index ldo) noexcept {
  product<false>({phi, ldphi, 1}, rows, s, lds, pairs, values, out, ldo);
}

constexpr Bfloat16Kernels kKernels{.name = "avx512_bf16",
                                   .pair_rows = pair_rows,
                                   .pair_columns = pair_columns,
                                   .accumulate = accumulate,
                                   .contract = contract};

}  // namespace

const Bfloat16Kernels* avx512_bfloat16() {
  return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vl") ? &kKernels
                                                                                    : nullptr;
}

}  // namespace bochner::simd

#undef BOCHNER_BFLOAT16

#else

namespace bochner::simd {

const Bfloat16Kernels* avx512_bfloat16() { return nullptr; }

}  // namespace bochner::simd

#endif
