// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

/// \file
/// The engine: the hot loops, written once, compiled for every instruction set, chosen at run time.
///
/// Work comes in blocks of at most `kBlockRows` rows. A block is row-major, its base 64-byte
/// aligned for speed (rows of a caller need not be), its leading dimension (`ld`, in elements) a
/// multiple of `kPanel<T>`; a kernel may read and write the padding between `cols` and the next
/// multiple of `kPanel<T>`, never more. Whatever the instruction set, each output is one chain of
/// operations in a fixed order over `k` (or over rows), so a value never depends on its position,
/// on the tile it fell into or on its neighbours. Entries are unchecked and do not throw, but for
/// the two that pack both factors (`rank_update`, `cross_update`): std::bad_alloc.

namespace bochner::simd {

/// Rows of a block.
inline constexpr Index kBlockRows = 64;

/// Columns of a packed panel: one cache line.
template <Scalar T>
inline constexpr Index kPanel = 64 / static_cast<Index>(sizeof(T));

/// n rounded up to whole panels.
template <Scalar T>
constexpr Index padded(Index n) {
  return (n + kPanel<T> - 1) / kPanel<T> * kPanel<T>;
}

/// Scratch space of a Hadamard projection of n columns, in elements.
template <Scalar T>
constexpr Index hadamard_scratch(Index n) {
  return 2 * n * (16 / static_cast<Index>(sizeof(T)));
}

/// Rows that will be needed soon: kernels that take them prefetch a line now and then alongside
/// their own work. Strides and widths in bytes; any address will do.
struct RowsAhead {
  const void* first = nullptr;
  Index row_stride = 0;
  Index row_bytes = 0;
  Index rows = 0;
};
using Ahead = std::array<RowsAhead, 3>;

template <Scalar T>
struct Kernels {
  std::string_view name;  ///< "scalar", "sse4", "avx2", "avx3", ...
  Index lanes;            ///< elements of one vector

  /// Rows of any strides into a block: out[r][k] = (x[r][k] - centre[k]) * scale[k], zeros from
  /// `cols` to the next panel, squared_norm[r] = sum_k out[r][k]^2 in double, as eight sums of
  /// every eighth term that are folded in a fixed order. `centre` and `scale` may be null (zeros,
  /// ones).
  void (*pack_rows)(const T* x, Index row_stride, Index col_stride, Index rows, Index cols,
                    const T* centre, const T* scale, T* out, Index ld,
                    double* squared_norm) noexcept;

  /// out[r][j] = sum_k x[r][k] w[k][j], k ascending, one fused chain; `packed` is
  /// `pack_columns(w)`, `depth` x `cols`.
  void (*project)(const T* x, Index ldx, Index rows, const T* packed, Index depth, Index cols,
                  T* out, Index ldo) noexcept;

  /// block[r][j] = scale * block[r][j] + column_offset[j]  (`column_offset` padded with zeros, or
  /// null).
  void (*affine_rows)(T* block, Index ld, Index rows, Index cols, T scale,
                      const T* column_offset) noexcept;

  /// block[r][cols + j] = column_offset[j] - block[r][j], block[r][j] += column_offset[j],
  /// j < cols (`column_offset` may be null: zeros). The second half need not start on a panel.
  void (*mirror_rows)(T* block, Index ld, Index rows, Index cols, const T* column_offset) noexcept;

  /// Base-2 log-features to features. Row r: e = ceil(max_j block[r][j]), block[r][j] =
  /// 2^(block[r][j] - e + fraction[r]), exponent[r] += e. NaN takes no part in the maximum and
  /// stays NaN; +inf stays inf, -inf becomes 0; a maximum of 2^30 or more in magnitude, or
  /// infinite, counts as e = 0. What would be less than the smallest normal number may be flushed
  /// to 0.
  void (*exp2_rows)(T* block, Index ld, Index rows, Index cols, const T* fraction,
                    std::int32_t* exponent) noexcept;

  /// block[r][j] = 2^(block[r][j] - column_exponent[j] + row_offset[r]): features stabilised per
  /// column (`column_exponent` and `row_offset` may be null: zeros; a column exponent of
  /// INT32_MIN marks a column without mass and gives 0, the others are below 2^29 in magnitude).
  /// Whole parts are split off before anything is added, so that large terms that cancel cost no
  /// accuracy. Entries count as at most 2^20 in magnitude (double: 2^30), offsets as at most 2^29.
  /// Flushed as above. sums[j] = sum_r block[r][j] after that, as `column_sums` adds; `sums` may be
  /// null.
  void (*exp2_columns)(T* block, Index ld, Index rows, Index cols, const double* row_offset,
                       const std::int32_t* column_exponent, T* sums, const Ahead& ahead) noexcept;

  /// Base-2 log-weights to weights, the best one of a row in (1/2, 1]: e = ceil(max_j (block[r][j]
  /// + column_exponent[j])), block[r][j] = 2^(block[r][j] + column_exponent[j] - e). Maxima, column
  /// exponents, whole parts and bounds as in the two above; columns without mass take no part in a
  /// maximum. row_exponent[r] = e, 0 where the maximum is not finite
  /// (a NaN may or may not count).
  void (*exp2_weights)(T* block, Index ld, Index rows, Index cols,
                       const std::int32_t* column_exponent, std::int32_t* row_exponent,
                       const Ahead& ahead) noexcept;

  /// Angles to paired features: block[r][j] = scale[r] cos(block[r][j]),
  /// block[r][cols + j] = scale[r] sin(same angle), j < cols.
  void (*sincos_rows)(T* block, Index ld, Index rows, Index cols, const T* scale) noexcept;

  /// block[r][j] = scale[r] cos(block[r][j]).
  void (*cos_rows)(T* block, Index ld, Index rows, Index cols, const T* scale) noexcept;

  /// block[r][j] = factor max(scale[r] block[r][j], 0)^order + offset[r], with 0^0 = 0; order 0, 1
  /// or 2, scale positive; `offset` may be null (zeros).
  void (*rectify_rows)(T* block, Index ld, Index rows, Index cols, int order, T factor,
                       const T* scale, const T* offset) noexcept;

  /// Over plain arrays: out[i] = exp(x[i]), 2 ulp, gradual underflow.
  void (*exp)(const T* x, T* out, Index n) noexcept;
  /// cosine[i] = cos(x[i]), sine[i] = sin(x[i]).
  void (*sincos)(const T* x, T* cosine, T* sine, Index n) noexcept;

  /// In-place Walsh-Hadamard transform, not normalised; n a power of two.
  void (*fwht)(T* data, Index n) noexcept;

  /// Hadamard projections of rows: out[r][b n + i] = scale[b n + i] (H D_rounds ... H D_1 x_r)[i]
  /// for b n + i < cols, D_k = diag(factors[(b rounds + k - 1) n ...]), signs as a rule; H is not
  /// normalised, x_r is row r, of `dim` entries, with zeros up to n, a power of two and at least
  /// kPanel<T>. `scale` is padded to whole panels. Butterflies go from the highest level down in
  /// the last round and in every other one before it, from the lowest up in the others. `scratch`
  /// holds `hadamard_scratch<T>(n)` elements, aligned.
  void (*hadamard)(const T* x, Index ldx, Index rows, Index dim, Index n, const T* factors,
                   Index rounds, const T* scale, Index cols, T* out, Index ldo,
                   T* scratch) noexcept;

  /// s[j][c] += sum_r phi[r][j] (weight[r] v[r][c]), r ascending; `weight` may be null (ones). The
  /// products of up to `kFoldRows` rows are summed from zero, then added to s. s is
  /// features x values, row-major, leading dimension `lds` a multiple of `kPanel<T>`, as is `ldv`.
  void (*accumulate)(const T* phi, Index ldphi, Index rows, Index features, const T* v, Index ldv,
                     Index values, const T* weight, T* s, Index lds) noexcept;

  /// out[r][c] = sum_j phi[r][j] s[j][c], j ascending.
  void (*contract)(const T* phi, Index ldphi, Index rows, Index features, const T* s, Index lds,
                   Index values, T* out, Index ldo) noexcept;

  /// c[i][j] += sum_r phi[r][i] phi[r][j] for j <= i (lower triangle; entries above the diagonal
  /// but inside a diagonal tile may be written too). c is double, leading dimension `ldc`; products
  /// of up to `kFoldRows` rows are summed in T, r ascending, then folded into double.
  void (*rank_update)(const T* phi, Index ldphi, Index rows, Index features, double* c, Index ldc);

  /// c[i][j] += sum_r a[r][i] b[r][j], i < a_cols, j < b_cols: a tile of `rank_update` away from
  /// the diagonal, or all of a^T b, with the same folds and the same bits. Rows of several folds in
  /// one call touch c once.
  void (*cross_update)(const T* a, Index lda, Index a_cols, const T* b, Index ldb, Index b_cols,
                       Index rows, double* c, Index ldc);

  /// A step of an online softmax in base 2, over the first count[r] entries of row r (the others
  /// are left alone): e = max(exponent[r], ceil(maximum of the entries)); rescale[r] =
  /// 2^(exponent[r] - e); the entries become 2^(entry - e), whatever their size; sum[r] =
  /// rescale[r] sum[r] + their sum, as `row_products` adds; exponent[r] = e, a whole number.
  /// -infinity is the exponent of a row that has seen nothing yet: its first rescale is 0, and it
  /// is 1 where there is still nothing finite.
  void (*softmax_rows)(T* block, Index ld, Index rows, const std::int32_t* count, T* exponent,
                       T* rescale, T* sum) noexcept;

  /// out[j] = sum_r block[r][j] weight[r], r ascending, one fused chain; `weight` may be null
  /// (ones).
  void (*column_sums)(const T* block, Index ld, Index rows, Index cols, const T* weight,
                      T* out) noexcept;

  /// out[r] = sum_j block[r][j] x[j] over the first count[r] columns (all `cols` when `count` is
  /// null): `kPanel<T>` interleaved chains, folded by halves.
  void (*row_products)(const T* block, Index ld, Index rows, Index cols, const std::int32_t* count,
                       const T* x, T* out) noexcept;

  /// out[r][c] = sum_{k < count[r]} a[r][k] s[k][c], k ascending, one fused chain: `contract` where
  /// a row sees only the first rows of s, whatever the others hold.
  void (*contract_prefixes)(const T* a, Index lda, Index rows, const std::int32_t* count,
                            const T* s, Index lds, Index values, T* out, Index ldo) noexcept;

  /// Packs a^T for `project`, as `pack_columns` does, with a's columns scaled: rows of a (of which
  /// there may be any number) become packed columns, element (j, r) is a[r][j] scale[j]; `scale`
  /// may be null (ones).
  void (*pack_transposed)(const T* a, Index lda, Index rows, Index cols, const T* scale,
                          T* packed) noexcept;

  /// Compensated sums: sum + rest = sum_scale[r] (sum + rest) + x_scale[r] x, entry by entry of row
  /// r, to about twice the precision of T; sum is the nearest T [Moller65]. All three have leading
  /// dimension ld. Scales are powers of two.
  void (*add_compensated)(T* sum, T* rest, const T* x, Index ld, Index rows, Index cols,
                          const T* sum_scale, const T* x_scale) noexcept;
};

/// Rows whose products are summed in the scalar type before they are folded into double: a constant
/// of the contract, since it decides bits.
inline constexpr Index kFoldRows = 256;

/// Packs w (depth x cols, any strides) for `project`: panels of `kPanel<T>` columns, k ascending
/// inside a panel, the last panel padded with zeros. `out` holds depth * padded(cols) elements.
template <Scalar T, Scalar U>
void pack_columns(MatrixView<const U> w, T* out);

/// The inverse of `pack_columns`, exactly.
template <Scalar T>
void unpack_columns(const T* packed, MatrixView<double> w);

/// The best kernels of this machine that are no better than `isa` ("" sets no limit). Throws
/// InvalidArgument when `isa` names no compiled instruction set (and lists those).
template <Scalar T>
const Kernels<T>& choose_kernels(std::string_view isa);

/// `choose_kernels` of the environment variable `BOCHNER_ISA`, read once, at the first call.
template <Scalar T>
const Kernels<T>& kernels();

/// Every set of kernels that was compiled and that this machine can run, best first; "scalar" last.
template <Scalar T>
std::span<const Kernels<T>* const> available_kernels();

}  // namespace bochner::simd
