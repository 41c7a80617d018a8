// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/kernel/kernel.hpp>

/// \file
/// Exact attention: the oracle, the fallback and the honest comparison.

namespace bochner {

/// Exact kernel attention,
///   out_i = sum_j k(q_i, k_j) e^(bias_ij) v_j / sum_j k(q_i, k_j) e^(bias_ij),
/// for softmax kernels softmax(scale Q K^T + bias) V; the kernel must be softmax or Gaussian.
/// Blocked, with an online softmax in powers of two [Milakov18, Dao22]: the L x S weights are never
/// stored. `bias` is batch x heads x L x S (strides may be 0; no data means none). All options but
/// `products` are honoured.
///
/// Accurate for logits, biases and values of any size: where a row may see base-2 logits beyond 2^8
/// (double: 2^12), a bias that large, or values whose sums could overflow, it is computed in
/// double, from differences of rows and biases taken first, so that neither an offset of
/// the inputs nor one of the biases costs digits; whether that applies to a row depends only on
/// what the row sees, and so do its bits. What a mask, a window or `allowed` hides from a row may
/// hold anything; a bias hides nothing. Elsewhere rounding of logits changes weights by a relative
/// 2^-15 (double: 2^-40) or so at most.
///
/// One exception: rows of Gaussian kernels have an origin in common, the first live key of their
/// sequence (and key head) that any query sees. Lengths are distances from it, so that a distant
/// origin can cause rows that do not see it to be computed in double, or refused.
///
/// O(L S (d + d_v)) per head, several times slower in rows that need the wide range; memory O(d +
/// d_v) per row of a block and O(S) per key head. Bits and NaN as for `attention`. Throws
/// InvalidArgument as it does on extents, options and overlap, when the kernel is neither softmax
/// nor Gaussian, and when products of rows could leave the range of double (1e300).
template <Scalar T>
AttentionReport exact_attention(const Kernel& kernel, const AttentionInputs<T>& inputs,
                                TensorView<T, 4> out, const AttentionOptions& options = {},
                                TensorView<const T, 4> bias = {}, const Execution& execution = {});

/// Gradients of sum_i out_gradient_i . out_i with respect to queries, keys, values and gates, `out`
/// being what `exact_attention` returned for the same call; those without data are not computed.
/// Weights are recomputed by tiles; O(L S (d + d_v)) per head, memory O(L + S) per head. The heads
/// that read one key head are computed in the wide range together, if at all, and from differences,
/// as there; keys that no query sees decide nothing. Throws as `exact_attention`, and when products
/// of values, rows and `out_gradient` could leave the range of double.
template <Scalar T>
void exact_attention_gradient(const Kernel& kernel, const AttentionInputs<T>& inputs,
                              TensorView<const T, 4> out, TensorView<const T, 4> out_gradient,
                              const AttentionGradients<T>& gradients,
                              const AttentionOptions& options = {},
                              TensorView<const T, 4> bias = {}, const Execution& execution = {});

extern template BOCHNER_EXPORT AttentionReport
exact_attention<float>(const Kernel&, const AttentionInputs<float>&, TensorView<float, 4>,
                       const AttentionOptions&, TensorView<const float, 4>, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
exact_attention<double>(const Kernel&, const AttentionInputs<double>&, TensorView<double, 4>,
                        const AttentionOptions&, TensorView<const double, 4>, const Execution&);
extern template BOCHNER_EXPORT void exact_attention_gradient<float>(
    const Kernel&, const AttentionInputs<float>&, TensorView<const float, 4>,
    TensorView<const float, 4>, const AttentionGradients<float>&, const AttentionOptions&,
    TensorView<const float, 4>, const Execution&);
extern template BOCHNER_EXPORT void exact_attention_gradient<double>(
    const Kernel&, const AttentionInputs<double>&, TensorView<const double, 4>,
    TensorView<const double, 4>, const AttentionGradients<double>&, const AttentionOptions&,
    TensorView<const double, 4>, const Execution&);

}  // namespace bochner
