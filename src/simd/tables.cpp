// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/tables.cpp"
#include <hwy/foreach_target.h>

#include "simd/families-inl.hpp"
#include "simd/tables.hpp"

/// \file
/// The kernels of each compiled target, gathered from their families.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

template <Scalar T>
constexpr Kernels<T> kTable = {.name = kTargetName,
                               .lanes = kLanes<T>,
                               .project = Products<T>::project,
                               .affine_rows = Elementwise<T>::affine_rows,
                               .mirror_rows = Elementwise<T>::mirror_rows,
                               .exp2_rows = Exponential<T>::exp2_rows,
                               .exp2_columns = Exponential<T>::exp2_columns,
                               .sincos_rows = Trigonometric<T>::sincos_rows,
                               .cos_rows = Trigonometric<T>::cos_rows,
                               .rectify_rows = Elementwise<T>::rectify_rows,
                               .exp = Exponential<T>::exp,
                               .sincos = Trigonometric<T>::sincos,
                               .fwht = Hadamard<T>::fwht,
                               .interleave16 = Hadamard<T>::interleave16,
                               .deinterleave16 = Hadamard<T>::deinterleave16,
                               .hadamard16 = Hadamard<T>::hadamard16,
                               .accumulate = Products<T>::accumulate,
                               .contract = Products<T>::contract,
                               .rank_update = RankUpdate<T>::rank_update};

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace bochner::simd {

/// The table of a target with plain versions of what it lacks.
template <Scalar T>
Kernels<T> completed(Kernels<T> table) {
  const Kernels<T>& plain = scalar_kernels<T>();
  table.pack_rows = plain.pack_rows;
  table.exp2_weights = plain.exp2_weights;
  table.cross_update = plain.cross_update;
  table.softmax_rows = plain.softmax_rows;
  table.column_sums = plain.column_sums;
  table.row_products = plain.row_products;
  table.contract_prefixes = plain.contract_prefixes;
  table.pack_transposed = plain.pack_transposed;
  table.add_compensated = plain.add_compensated;
  return table;
}

template <Scalar T>
std::span<const CompiledKernels<T>> compiled_kernels() {
#if HWY_TARGETS & HWY_AVX3
  static const Kernels<T> kAvx3 = completed(N_AVX3::kTable<T>);
#endif
#if HWY_TARGETS & HWY_AVX2
  static const Kernels<T> kAvx2 = completed(N_AVX2::kTable<T>);
#endif
#if HWY_TARGETS & HWY_SSE4
  static const Kernels<T> kSse4 = completed(N_SSE4::kTable<T>);
#endif
  static const CompiledKernels<T> tables[] = {
#if HWY_TARGETS & HWY_AVX3
    {HWY_AVX3, &kAvx3},
#endif
#if HWY_TARGETS & HWY_AVX2
    {HWY_AVX2, &kAvx2},
#endif
#if HWY_TARGETS & HWY_SSE4
    {HWY_SSE4, &kSse4},
#endif
    {0, &scalar_kernels<T>()}
  };
  return tables;
}

template std::span<const CompiledKernels<float>> compiled_kernels();
template std::span<const CompiledKernels<double>> compiled_kernels();

}  // namespace bochner::simd
#endif
