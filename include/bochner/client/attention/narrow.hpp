// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/heads.hpp>
#include <bochner/client/attention/state.hpp>
#include <bochner/core/narrow.hpp>

#include <concepts>
#include <span>

/// \file
/// Attention over tensors of `Half` or `BFloat16`, as caches of keys and values hold them.
///
/// Queries, keys and values have one type N. They are widened to float, exactly, a few key heads
/// at a time, and everything is computed in float: outputs, reports and refusals are those of the
/// same call on float copies, whatever the options, and no whole copy is made. `out` is of float,
/// or of N: then each of its numbers is the nearest to that of float, and a row that only so holds
/// an infinity is counted in `nonfinite_rows`. The type is deduced from the inputs, or given:
///
/// ```cpp
/// const FeatureMap<float> map({.input_dim = 8, .num_frequencies = 64, .kernel = SoftmaxKernel{},
///                              .features = PositiveFeatures{}, .seed = {1}});
/// const std::vector<BFloat16> tokens(20 * 8, BFloat16(0.1f));
/// std::vector<BFloat16> out(20 * 8);
/// const TensorView<const BFloat16, 4> x(tokens.data(), {1, 1, 20, 8});
/// const TensorView<BFloat16, 4> y(out.data(), {1, 1, 20, 8});
/// attention<BFloat16>(map, {x, x, x}, y, {.mask = Mask::causal});
/// ```

namespace bochner {

/// What may hold the outputs of attention over tensors of N.
template <class Out, class N>
concept NarrowOutput = Narrow<N> &&(std::same_as<Out, float> || std::same_as<Out, N>);

/// `attention` of inputs of N. Memory beyond that of `attention`: for each thread two key heads in
/// float, O(S (d + d_v)), with the query heads that read them, O(L d) each and O(L d_v) where `out`
/// is of N. S is the largest of `key_lengths` here, so that the free end of a cache costs nothing.
/// Throws as `attention`.
template <Narrow N, NarrowOutput<N> Out = float>
AttentionReport attention(const FeatureMap<float>& map, const AttentionInputs<N>& inputs,
                          TensorView<Out, 4> out, const AttentionOptions& options = {},
                          const Execution& execution = {});

/// The same with maps[h] for key head h.
template <Narrow N, NarrowOutput<N> Out = float>
AttentionReport attention(std::span<const FeatureMap<float>> maps, const AttentionInputs<N>& inputs,
                          TensorView<Out, 4> out, const AttentionOptions& options = {},
                          const Execution& execution = {});

/// `exact_attention` of inputs of N; the bias is of float. Memory as above. Throws as
/// `exact_attention`.
template <Narrow N, NarrowOutput<N> Out = float>
AttentionReport exact_attention(const Kernel& kernel, const AttentionInputs<N>& inputs,
                                TensorView<Out, 4> out, const AttentionOptions& options = {},
                                TensorView<const float, 4> bias = {},
                                const Execution& execution = {});

/// `AttentionState::append` of keys and values of N: what the state remembers has the same bits.
/// They are widened a few hundred rows at a time; of more than these, a copy of the state takes
/// them in first, so that a call that is refused leaves the state unchanged. Throws as that does.
template <Narrow N>
void append(AttentionState<float>& state, TensorView<const N, 4> keys,
            TensorView<const N, 4> values, const LiveKeys& live = {},
            const Execution& execution = {});

/// `AttentionState::attend` of queries of N.
template <Narrow N, NarrowOutput<N> Out = float>
AttentionReport attend(const AttentionState<float>& state, TensorView<const N, 4> queries,
                       TensorView<Out, 4> out, const Execution& execution = {});

/// `AttentionState::advance` of inputs of N; memory and refusals as for `append`.
template <Narrow N, NarrowOutput<N> Out = float>
AttentionReport advance(AttentionState<float>& state, const AttentionInputs<N>& inputs,
                        TensorView<Out, 4> out, const LiveKeys& live = {},
                        const Execution& execution = {});

extern template BOCHNER_EXPORT void append<Half>(AttentionState<float>&, TensorView<const Half, 4>,
                                                 TensorView<const Half, 4>, const LiveKeys&,
                                                 const Execution&);
extern template BOCHNER_EXPORT AttentionReport attention<Half, float>(const FeatureMap<float>&,
                                                                      const AttentionInputs<Half>&,
                                                                      TensorView<float, 4>,
                                                                      const AttentionOptions&,
                                                                      const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attention<Half, float>(std::span<const FeatureMap<float>>, const AttentionInputs<Half>&,
                       TensorView<float, 4>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
exact_attention<Half, float>(const Kernel&, const AttentionInputs<Half>&, TensorView<float, 4>,
                             const AttentionOptions&, TensorView<const float, 4>, const Execution&);
extern template BOCHNER_EXPORT AttentionReport attend<Half, float>(const AttentionState<float>&,
                                                                   TensorView<const Half, 4>,
                                                                   TensorView<float, 4>,
                                                                   const Execution&);
extern template BOCHNER_EXPORT AttentionReport advance<Half, float>(AttentionState<float>&,
                                                                    const AttentionInputs<Half>&,
                                                                    TensorView<float, 4>,
                                                                    const LiveKeys&,
                                                                    const Execution&);
extern template BOCHNER_EXPORT AttentionReport attention<Half, Half>(const FeatureMap<float>&,
                                                                     const AttentionInputs<Half>&,
                                                                     TensorView<Half, 4>,
                                                                     const AttentionOptions&,
                                                                     const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attention<Half, Half>(std::span<const FeatureMap<float>>, const AttentionInputs<Half>&,
                      TensorView<Half, 4>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
exact_attention<Half, Half>(const Kernel&, const AttentionInputs<Half>&, TensorView<Half, 4>,
                            const AttentionOptions&, TensorView<const float, 4>, const Execution&);
extern template BOCHNER_EXPORT AttentionReport attend<Half, Half>(const AttentionState<float>&,
                                                                  TensorView<const Half, 4>,
                                                                  TensorView<Half, 4>,
                                                                  const Execution&);
extern template BOCHNER_EXPORT AttentionReport advance<Half, Half>(AttentionState<float>&,
                                                                   const AttentionInputs<Half>&,
                                                                   TensorView<Half, 4>,
                                                                   const LiveKeys&,
                                                                   const Execution&);
extern template BOCHNER_EXPORT void append<BFloat16>(AttentionState<float>&,
                                                     TensorView<const BFloat16, 4>,
                                                     TensorView<const BFloat16, 4>, const LiveKeys&,
                                                     const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attention<BFloat16, float>(const FeatureMap<float>&, const AttentionInputs<BFloat16>&,
                           TensorView<float, 4>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attention<BFloat16, float>(std::span<const FeatureMap<float>>, const AttentionInputs<BFloat16>&,
                           TensorView<float, 4>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionReport exact_attention<BFloat16, float>(
    const Kernel&, const AttentionInputs<BFloat16>&, TensorView<float, 4>, const AttentionOptions&,
    TensorView<const float, 4>, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attend<BFloat16, float>(const AttentionState<float>&, TensorView<const BFloat16, 4>,
                        TensorView<float, 4>, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
advance<BFloat16, float>(AttentionState<float>&, const AttentionInputs<BFloat16>&,
                         TensorView<float, 4>, const LiveKeys&, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attention<BFloat16, BFloat16>(const FeatureMap<float>&, const AttentionInputs<BFloat16>&,
                              TensorView<BFloat16, 4>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attention<BFloat16, BFloat16>(std::span<const FeatureMap<float>>, const AttentionInputs<BFloat16>&,
                              TensorView<BFloat16, 4>, const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionReport exact_attention<BFloat16, BFloat16>(
    const Kernel&, const AttentionInputs<BFloat16>&, TensorView<BFloat16, 4>,
    const AttentionOptions&, TensorView<const float, 4>, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
attend<BFloat16, BFloat16>(const AttentionState<float>&, TensorView<const BFloat16, 4>,
                           TensorView<BFloat16, 4>, const Execution&);
extern template BOCHNER_EXPORT AttentionReport
advance<BFloat16, BFloat16>(AttentionState<float>&, const AttentionInputs<BFloat16>&,
                            TensorView<BFloat16, 4>, const LiveKeys&, const Execution&);

}  // namespace bochner
