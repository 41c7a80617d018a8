// SPDX-License-Identifier: Apache-2.0

// The vectorised kernels by family, one file each; declared once for each instruction set, hence no
// #pragma once. `Kernels` says what they do. Members of class templates, so that a table of them is
// data: code of a target must not run before it is known that the machine has it.
#if defined(BOCHNER_SIMD_FAMILIES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BOCHNER_SIMD_FAMILIES_INL
#undef BOCHNER_SIMD_FAMILIES_INL
#else
#define BOCHNER_SIMD_FAMILIES_INL
#endif

#include "simd/vector-inl.hpp"

#if BOCHNER_VECTOR_TARGET
HWY_BEFORE_NAMESPACE();
namespace bochner::simd::HWY_NAMESPACE {

template <Scalar T>
struct Products {
  static void project(const T* x, Index ldx, Index rows, const T* packed, Index depth, Index cols,
                      T* out, Index ldo) noexcept;
  static void contract(const T* phi, Index ldphi, Index rows, Index features, const T* s, Index lds,
                       Index values, T* out, Index ldo) noexcept;
  static void contract_prefixes(const T* a, Index lda, Index rows, const std::int32_t* count,
                                const T* s, Index lds, Index values, T* out, Index ldo) noexcept;
  static void accumulate(const T* phi, Index ldphi, Index rows, Index features, const T* v,
                         Index ldv, Index values, const T* weight, T* s, Index lds) noexcept;
};

template <Scalar T>
struct RankUpdate {
  static void rank_update(const T* phi, Index ldphi, Index rows, Index features, double* c,
                          Index ldc);
  static void cross_update(const T* a, Index lda, Index a_cols, const T* b, Index ldb, Index b_cols,
                           Index rows, double* c, Index ldc);
};

template <Scalar T>
struct Packing {
  static void pack_rows(const T* x, Index row_stride, Index col_stride, Index rows, Index cols,
                        const T* centre, const T* scale, T* out, Index ld,
                        double* squared_norm) noexcept;
  static void pack_transposed(const T* a, Index lda, Index rows, Index cols, const T* scale,
                              T* packed) noexcept;
};

template <Scalar T>
struct Sums {
  static void column_sums(const T* block, Index ld, Index rows, Index cols, const T* weight,
                          T* out) noexcept;
  static void row_products(const T* block, Index ld, Index rows, Index cols,
                           const std::int32_t* count, const T* x, T* out) noexcept;
  static void add_compensated(T* sum, T* rest, const T* x, Index ld, Index rows, Index cols,
                              const T* sum_scale, const T* x_scale) noexcept;
};

template <Scalar T>
struct Elementwise {
  static void affine_rows(T* block, Index ld, Index rows, Index cols, T scale,
                          const T* column_offset) noexcept;
  static void mirror_rows(T* block, Index ld, Index rows, Index cols,
                          const T* column_offset) noexcept;
  static void rectify_rows(T* block, Index ld, Index rows, Index cols, int order, T factor,
                           const T* scale, const T* offset) noexcept;
};

template <Scalar T>
struct Exponential {
  static void exp2_rows(T* block, Index ld, Index rows, Index cols, const T* fraction,
                        std::int32_t* exponent) noexcept;
  static void exp2_columns(T* block, Index ld, Index rows, Index cols, const double* row_offset,
                           const std::int32_t* column_exponent, T* sums,
                           const Ahead& ahead) noexcept;
  static void exp2_weights(T* block, Index ld, Index rows, Index cols,
                           const std::int32_t* column_exponent, std::int32_t* row_exponents,
                           const Ahead& ahead) noexcept;
  static void softmax_rows(T* block, Index ld, Index rows, const std::int32_t* count, T* exponent,
                           T* rescale, T* sum) noexcept;
  static void exp(const T* x, T* out, Index n) noexcept;
};

template <Scalar T>
struct Trigonometric {
  static void sincos_rows(T* block, Index ld, Index rows, Index cols, const T* scale) noexcept;
  static void cos_rows(T* block, Index ld, Index rows, Index cols, const T* scale) noexcept;
  static void sincos(const T* x, T* cosine, T* sine, Index n) noexcept;
};

template <Scalar T>
struct Walsh {
  static void fwht(T* data, Index n) noexcept;
};

template <Scalar T>
struct Hadamard {
  static void hadamard(const T* x, Index ldx, Index rows, Index dim, Index n, const T* factors,
                       Index rounds, const T* scale, Index cols, T* out, Index ldo,
                       T* scratch) noexcept;
};

}  // namespace bochner::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
