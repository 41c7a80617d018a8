// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <cstdint>
#include <string_view>

/// \file
/// Products of bfloat16 factors, summed in float. Factors are rounded to the nearest, ties to even.

namespace bochner::simd {

/// Two factors that belong to the same output: the first in the low half.
using Bfloat16Pair = std::uint32_t;

/// Kernels that work on words of two factors. Arrays have leading dimensions that are multiples of
/// 16, and may be read and written up to the next one; numbers below the smallest normal one count
/// as 0.
struct Bfloat16Kernels {
  std::string_view name;

  /// out[i][j] = (x[2 i][j], x[2 i + 1][j]), i < ceil(rows / 2); a row that is missing counts as
  /// zeros.
  void (*pair_rows)(const float* x, Index ldx, Index rows, Index cols, Bfloat16Pair* out,
                    Index ldo) noexcept;
  /// out[r][i] = (x[r][2 i], x[r][2 i + 1]), i < ceil(cols / 2); where cols is odd the last partner
  /// is whatever lies beyond.
  void (*pair_columns)(const float* x, Index ldx, Index rows, Index cols, Bfloat16Pair* out,
                       Index ldo) noexcept;
  /// s[j][c] += sum_i phi[i][j] . v[i][c], i < pairs ascending: `Kernels::accumulate` of what
  /// `pair_rows` made.
  void (*accumulate)(const Bfloat16Pair* phi, Index ldphi, Index pairs, Index features,
                     const Bfloat16Pair* v, Index ldv, Index values, float* s, Index lds) noexcept;
  /// out[r][c] = sum_i phi[r][i] . s[i][c], i < pairs ascending: `Kernels::contract` of what
  /// `pair_columns` and `pair_rows` made.
  void (*contract)(const Bfloat16Pair* phi, Index ldphi, Index rows, Index pairs,
                   const Bfloat16Pair* s, Index lds, Index values, float* out, Index ldo) noexcept;
};

/// The kernels of AVX512_BF16, or null where the machine lacks it or `BOCHNER_ISA` names less.
const Bfloat16Kernels* native_bfloat16();

/// out = x rounded to bfloat16, rows x cols: what a machine without such kernels multiplies in
/// float. The products are then exact, as they are in those kernels; only sums are rounded in
/// another order.
void round_to_bfloat16(const float* x, Index rows, Index cols, Index ld, float* out) noexcept;

}  // namespace bochner::simd
