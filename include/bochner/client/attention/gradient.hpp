// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/kernel/kernel.hpp>

/// \file
/// Gradients of attention.

namespace bochner {

/// Gradients of sum_i out_gradient_i . out_i with respect to queries, keys, values and gates, where
/// `out` is what `attention` returned for these inputs and options. Each key and value head
/// collects the gradients of all query heads that read it. Keys that are not live get zeros, as do
/// rows that saw no key or whose normaliser was zero. A gradient without data is not computed,
/// which changes no bit of the others: with frozen values, `gradients.values = {}`.
///
/// Which pairs `options.exact` weighs exactly is a constant, as the map is, though blocks and the
/// longest keys are chosen by the data. The weights of these pairs are differentiated, and what
/// `options.rest` makes of the others: with `Rest::means` the means and variances of blocks.
///
/// States are recomputed going forward and sums over queries going backward, never subtracted. O((L
/// + S) D (d + d_v)) per head, about three times the forward pass; memory O(D d_v) per head in
/// progress, and with `Mask::causal` a state for each 1,024 keys of the heads in progress. Exact
/// pairs, means, and features beside blocks cost three to four times what they do in `attention`,
/// too. The same bits for any number of threads. Throws as `attention`; gradients must not overlap
/// the inputs.
template <Scalar T>
void attention_gradient(const FeatureMap<T>& map, const AttentionInputs<T>& inputs,
                        TensorView<const T, 4> out, TensorView<const T, 4> out_gradient,
                        const AttentionGradients<T>& gradients,
                        const AttentionOptions& options = {}, const Execution& execution = {});

/// The derivative with respect to the scale s of a softmax kernel, from the inputs and their
/// gradients: (sum q.dq + sum k.dk) / (2 s), since s enters as sqrt(s) q and sqrt(s) k. For
/// `exact_attention` and `attention` alike; maps must have no shifts (which do not scale with the
/// inputs) and no parameter `a` that follows the data. An input whose gradient is zero, as that
/// of a masked key, may hold anything.
/// Throws InvalidArgument when the kernel is not softmax or extents do not fit.
template <Scalar T>
double softmax_scale_gradient(const Kernel& kernel, const AttentionInputs<T>& inputs,
                              TensorView<const T, 4> query_gradient,
                              TensorView<const T, 4> key_gradient);

extern template BOCHNER_EXPORT void attention_gradient<float>(
    const FeatureMap<float>&, const AttentionInputs<float>&, TensorView<const float, 4>,
    TensorView<const float, 4>, const AttentionGradients<float>&, const AttentionOptions&,
    const Execution&);
extern template BOCHNER_EXPORT void attention_gradient<double>(
    const FeatureMap<double>&, const AttentionInputs<double>&, TensorView<const double, 4>,
    TensorView<const double, 4>, const AttentionGradients<double>&, const AttentionOptions&,
    const Execution&);
extern template BOCHNER_EXPORT double softmax_scale_gradient<float>(const Kernel&,
                                                                    const AttentionInputs<float>&,
                                                                    TensorView<const float, 4>,
                                                                    TensorView<const float, 4>);
extern template BOCHNER_EXPORT double softmax_scale_gradient<double>(const Kernel&,
                                                                     const AttentionInputs<double>&,
                                                                     TensorView<const double, 4>,
                                                                     TensorView<const double, 4>);

}  // namespace bochner
