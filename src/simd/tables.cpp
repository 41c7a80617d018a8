// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/tables.cpp"
#include <hwy/foreach_target.h>

#include "simd/kernels-inl.hpp"
#include "simd/tables.hpp"

/// \file
/// The kernels of each compiled target, gathered from their families.

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

template <Scalar T>
constexpr Kernels<T> kTable = {.name = kTargetName,
                               .lanes = kLanes<T>,
                               .pack_rows = Packing<T>::pack_rows,
                               .project = Products<T>::project,
                               .affine_rows = Elementwise<T>::affine_rows,
                               .mirror_rows = Elementwise<T>::mirror_rows,
                               .exp2_rows = Exponential<T>::exp2_rows,
                               .exp2_columns = Exponential<T>::exp2_columns,
                               .exp2_weights = Exponential<T>::exp2_weights,
                               .sincos_rows = Trigonometric<T>::sincos_rows,
                               .cos_rows = Trigonometric<T>::cos_rows,
                               .rectify_rows = Elementwise<T>::rectify_rows,
                               .exp = Exponential<T>::exp,
                               .sincos = Trigonometric<T>::sincos,
                               .fwht = Walsh<T>::fwht,
                               .hadamard = Hadamard<T>::hadamard,
                               .accumulate = Products<T>::accumulate,
                               .contract = Products<T>::contract,
                               .rank_update = RankUpdate<T>::rank_update,
                               .cross_update = RankUpdate<T>::cross_update,
                               .softmax_rows = Exponential<T>::softmax_rows,
                               .column_sums = Sums<T>::column_sums,
                               .row_products = Sums<T>::row_products,
                               .contract_prefixes = Products<T>::contract_prefixes,
                               .pack_transposed = Packing<T>::pack_transposed,
                               .add_compensated = Sums<T>::add_compensated};

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace bochner::simd {

template <Scalar T>
std::span<const CompiledKernels<T>> compiled_kernels() {
  static const CompiledKernels<T> tables[] = {
#if HWY_TARGETS & HWY_AVX3
    {HWY_AVX3, &N_AVX3::kTable<T>},
#endif
#if HWY_TARGETS & HWY_AVX2
    {HWY_AVX2, &N_AVX2::kTable<T>},
#endif
#if HWY_TARGETS & HWY_SSE4
    {HWY_SSE4, &N_SSE4::kTable<T>},
#endif
    {0, &scalar_kernels<T>()}
  };
  return tables;
}

template std::span<const CompiledKernels<float>> compiled_kernels();
template std::span<const CompiledKernels<double>> compiled_kernels();

}  // namespace bochner::simd
#endif
