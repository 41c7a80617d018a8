// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/narrow.hpp"

#include "client/attention/call_parts.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/head_maps.hpp"
#include "client/attention/narrow_rows.hpp"

#include <vector>

namespace bochner {

using namespace attention_internals;

namespace {

/// Key heads that are in float at a time, for each thread: enough for causal attention to give each
/// thread heads of its own.
constexpr Index kHeadsPerWorker = 2;

template <Narrow N, class Out>
void require_narrow_output(const Door& door, const AttentionInputs<N>& inputs,
                           const TensorView<Out, 4>& out) {
  const auto& q = inputs.queries;
  require_output(door, "out", out, {q.extent(0), q.extent(1), q.extent(2), inputs.values.extent(3)},
                 inputs);
}

/// Calls compute(part, inputs, out, options) for parts of a checked call, all in float.
template <Narrow N, class Out, class Compute>
AttentionReport in_parts(const AttentionProblem& problem, const AttentionInputs<N>& inputs,
                         const TensorView<Out, 4>& out, const AttentionOptions& options,
                         const Execution& execution, const Compute& compute) {
  WideInputs wide_inputs;
  WideOutput wide_output;
  std::vector<AttentionReport> reports;
  const CallPart whole{.batches = inputs.queries.extent(0),
                       .key_heads = problem.key_heads,
                       .heads_per_key_head = problem.heads_per_key_head,
                       .keys = inputs.keys.extent(2)};
  for_each_part(whole, kHeadsPerWorker * available_workers(execution), [&](const CallPart& padded) {
    const CallPart part = padded.without_padding(options);
    const AttentionInputs<N> narrow{part.of_queries(inputs.queries), part.of_keys(inputs.keys),
                                    part.of_keys(inputs.values)};
    const AttentionInputs<float> wide = wide_inputs.copy_of(narrow, execution);
    const PartOffset offset{part.batch, part.key_head * part.heads_per_key_head, part.key_head, 0};
    reports.push_back(wide_output(part.of_queries(out), [&](const TensorView<float, 4>& written) {
      return as_part(offset,
                     [&] { return compute(part, wide, written, part.of_options(options)); });
    }));
  });
  return total_report(reports);
}

}  // namespace

template <Narrow N, NarrowOutput<N> Out>
AttentionReport attention(const FeatureMap<float>& map, const AttentionInputs<N>& inputs,
                          TensorView<Out, 4> out, const AttentionOptions& options,
                          const Execution& execution) {
  constexpr Door kDoor("attention");
  const AttentionProblem problem =
      linear_problem<float>(kDoor, map.blocks(), shapes_of(inputs), options);
  require_narrow_output(kDoor, inputs, out);
  return in_parts(problem, inputs, out, options, execution,
                  [&](const CallPart&, const AttentionInputs<float>& wide,
                      const TensorView<float, 4>& written, const AttentionOptions& how) {
                    return attention<float>(map, wide, written, how, execution);
                  });
}

template <Narrow N, NarrowOutput<N> Out>
AttentionReport attention(std::span<const FeatureMap<float>> maps, const AttentionInputs<N>& inputs,
                          TensorView<Out, 4> out, const AttentionOptions& options,
                          const Execution& execution) {
  constexpr Door kDoor("attention");
  const AttentionProblem problem = attention_problem(kDoor, shapes_of(inputs), options);
  require_pairs(kDoor, shapes_of(inputs), options, {});
  require_maps(kDoor, maps, problem.key_heads);
  require_narrow_output(kDoor, inputs, out);
  return in_parts(problem, inputs, out, options, execution,
                  [&](const CallPart& part, const AttentionInputs<float>& wide,
                      const TensorView<float, 4>& written, const AttentionOptions& how) {
                    const auto mine = maps.subspan(static_cast<std::size_t>(part.key_head),
                                                   static_cast<std::size_t>(part.key_heads));
                    return attention<float>(mine, wide, written, how, execution);
                  });
}

template <Narrow N, NarrowOutput<N> Out>
AttentionReport exact_attention(const Kernel& kernel, const AttentionInputs<N>& inputs,
                                TensorView<Out, 4> out, const AttentionOptions& options,
                                TensorView<const float, 4> bias, const Execution& execution) {
  constexpr Door kDoor("exact_attention");
  const AttentionProblem problem = attention_problem(kDoor, shapes_of(inputs), options);
  require_pairs(kDoor, shapes_of(inputs), options, bias);
  require_narrow_output(kDoor, inputs, out);
  require_apart_from_bias(kDoor, "out", out, bias);
  return in_parts(problem, inputs, out, options, execution,
                  [&](const CallPart& part, const AttentionInputs<float>& wide,
                      const TensorView<float, 4>& written, const AttentionOptions& how) {
                    return exact_attention<float>(kernel, wide, written, how, part.of_pairs(bias),
                                                  execution);
                  });
}

template AttentionReport attention<Half, float>(const FeatureMap<float>&,
                                                const AttentionInputs<Half>&, TensorView<float, 4>,
                                                const AttentionOptions&, const Execution&);
template AttentionReport attention<Half, float>(std::span<const FeatureMap<float>>,
                                                const AttentionInputs<Half>&, TensorView<float, 4>,
                                                const AttentionOptions&, const Execution&);
template AttentionReport exact_attention<Half, float>(const Kernel&, const AttentionInputs<Half>&,
                                                      TensorView<float, 4>, const AttentionOptions&,
                                                      TensorView<const float, 4>, const Execution&);
template AttentionReport attention<Half, Half>(const FeatureMap<float>&,
                                               const AttentionInputs<Half>&, TensorView<Half, 4>,
                                               const AttentionOptions&, const Execution&);
template AttentionReport attention<Half, Half>(std::span<const FeatureMap<float>>,
                                               const AttentionInputs<Half>&, TensorView<Half, 4>,
                                               const AttentionOptions&, const Execution&);
template AttentionReport exact_attention<Half, Half>(const Kernel&, const AttentionInputs<Half>&,
                                                     TensorView<Half, 4>, const AttentionOptions&,
                                                     TensorView<const float, 4>, const Execution&);
template AttentionReport attention<BFloat16, float>(const FeatureMap<float>&,
                                                    const AttentionInputs<BFloat16>&,
                                                    TensorView<float, 4>, const AttentionOptions&,
                                                    const Execution&);
template AttentionReport attention<BFloat16, float>(std::span<const FeatureMap<float>>,
                                                    const AttentionInputs<BFloat16>&,
                                                    TensorView<float, 4>, const AttentionOptions&,
                                                    const Execution&);
template AttentionReport exact_attention<BFloat16, float>(
    const Kernel&, const AttentionInputs<BFloat16>&, TensorView<float, 4>, const AttentionOptions&,
    TensorView<const float, 4>, const Execution&);
template AttentionReport attention<BFloat16, BFloat16>(const FeatureMap<float>&,
                                                       const AttentionInputs<BFloat16>&,
                                                       TensorView<BFloat16, 4>,
                                                       const AttentionOptions&, const Execution&);
template AttentionReport attention<BFloat16, BFloat16>(std::span<const FeatureMap<float>>,
                                                       const AttentionInputs<BFloat16>&,
                                                       TensorView<BFloat16, 4>,
                                                       const AttentionOptions&, const Execution&);
template AttentionReport exact_attention<BFloat16, BFloat16>(
    const Kernel&, const AttentionInputs<BFloat16>&, TensorView<BFloat16, 4>,
    const AttentionOptions&, TensorView<const float, 4>, const Execution&);
}  // namespace bochner
