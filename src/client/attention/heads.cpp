// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/heads.hpp"

#include "client/attention/call.hpp"
#include "client/attention/checks.hpp"

namespace bochner {

using namespace attention_internals;

namespace {

/// `count` heads of a tensor.
template <class T>
TensorView<T, 4> heads_of(TensorView<T, 4> tensor, Index first, Index count) {
  tensor.data += first * tensor.stride(1);
  tensor.extents[1] = count;
  return tensor;
}

/// Checks the call, then calls body(key head, first query head, number of query heads).
template <Scalar T, class Body>
void for_each_key_head(const Door& door, std::span<const FeatureMap<T>> maps,
                       const AttentionInputs<T>& inputs, const AttentionOptions& options,
                       const Body& body) {
  const AttentionProblem problem = attention_problem(door, inputs, options);
  door.entries("maps", static_cast<Index>(maps.size()), problem.key_heads, "one per key head");
  for (Index h = 0; h < problem.key_heads; ++h) {
    body(h, h * problem.heads_per_key_head, problem.heads_per_key_head);
  }
}

template <Scalar T>
AttentionInputs<T> one_key_head(const AttentionInputs<T>& inputs, Index head, Index first,
                                Index count) {
  return {heads_of(inputs.queries, first, count), heads_of(inputs.keys, head, 1),
          heads_of(inputs.values, head, 1)};
}

}  // namespace

HeadSpecs::HeadSpecs(const FeatureMapSpec& base) : base_(base) { validate(base); }

FeatureMapSpec HeadSpecs::operator()(Index layer, Index head) const {
  Door("HeadSpecs").at_least("layer", layer, 0).at_least("head", head, 0);
  FeatureMapSpec spec = base_;
  spec.seed = derive_seed(derive_seed(base_.seed, static_cast<std::uint64_t>(layer)),
                          static_cast<std::uint64_t>(head));
  return spec;
}

template <Scalar T>
std::vector<FeatureMap<T>> head_maps(const HeadSpecs& specs, Index layer, Index heads) {
  Door("head_maps").at_least("heads", heads, 0);
  std::vector<FeatureMap<T>> maps;
  for (Index h = 0; h < heads; ++h) maps.emplace_back(specs(layer, h));
  return maps;
}

template <Scalar T>
AttentionReport attention(std::span<const FeatureMap<T>> maps, const AttentionInputs<T>& inputs,
                          TensorView<T, 4> out, const AttentionOptions& options,
                          const Execution& execution) {
  constexpr Door kDoor("attention");
  const auto& q = inputs.queries;
  require_output(kDoor, "out", out,
                 {q.extent(0), q.extent(1), q.extent(2), inputs.values.extent(3)}, inputs);
  std::vector<AttentionReport> reports;
  for_each_key_head<T>(kDoor, maps, inputs, options, [&](Index h, Index first, Index count) {
    reports.push_back(attention<T>(maps[static_cast<std::size_t>(h)],
                                   one_key_head(inputs, h, first, count),
                                   heads_of(out, first, count), options, execution));
  });
  AttentionReport total = sum_reports(reports);
  if (!reports.empty()) total.arithmetic = reports.front().arithmetic;
  return total;
}

template <Scalar T>
void attention_gradient(std::span<const FeatureMap<T>> maps, const AttentionInputs<T>& inputs,
                        TensorView<const T, 4> out, TensorView<const T, 4> out_gradient,
                        const AttentionGradients<T>& gradients, const AttentionOptions& options,
                        const Execution& execution) {
  constexpr Door kDoor("attention_gradient");
  require_gradients(kDoor, inputs, out, out_gradient, gradients);
  for_each_key_head<T>(kDoor, maps, inputs, options, [&](Index h, Index first, Index count) {
    attention_gradient<T>(maps[static_cast<std::size_t>(h)], one_key_head(inputs, h, first, count),
                          heads_of(out, first, count), heads_of(out_gradient, first, count),
                          {heads_of(gradients.queries, first, count),
                           heads_of(gradients.keys, h, 1), heads_of(gradients.values, h, 1)},
                          options, execution);
  });
}

template std::vector<FeatureMap<float>> head_maps<float>(const HeadSpecs&, Index, Index);
template std::vector<FeatureMap<double>> head_maps<double>(const HeadSpecs&, Index, Index);
template AttentionReport attention<float>(std::span<const FeatureMap<float>>,
                                          const AttentionInputs<float>&, TensorView<float, 4>,
                                          const AttentionOptions&, const Execution&);
template AttentionReport attention<double>(std::span<const FeatureMap<double>>,
                                           const AttentionInputs<double>&, TensorView<double, 4>,
                                           const AttentionOptions&, const Execution&);
template void attention_gradient<float>(std::span<const FeatureMap<float>>,
                                        const AttentionInputs<float>&, TensorView<const float, 4>,
                                        TensorView<const float, 4>,
                                        const AttentionGradients<float>&, const AttentionOptions&,
                                        const Execution&);
template void attention_gradient<double>(std::span<const FeatureMap<double>>,
                                         const AttentionInputs<double>&,
                                         TensorView<const double, 4>, TensorView<const double, 4>,
                                         const AttentionGradients<double>&, const AttentionOptions&,
                                         const Execution&);

}  // namespace bochner
