// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/attention.hpp"
#include "client/attention/bidirectional.hpp"
#include "client/attention/causal.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/exact_pairs.hpp"

namespace bochner {

using namespace attention_internals;

namespace {

template <Scalar T>
AttentionReport weigh(const AttentionCall<T>& call, const AttentionOptions& options,
                      const TensorView<T, 4>& out) {
  if (call.problem.value_dim == 0 && !weighs_exactly(options)) return {};
  if (weighs_exactly(options)) return mixed_attention(call, options, out);
  const RowTarget<T> target(out);
  return options.mask == Mask::causal ? causal_attention(call, target)
                                      : bidirectional_attention(call, target);
}

}  // namespace

template <Scalar T>
AttentionReport attention(const FeatureMap<T>& map, const AttentionInputs<T>& inputs,
                          TensorView<T, 4> out, const AttentionOptions& options,
                          const Execution& execution) {
  constexpr Door kDoor("attention");
  if (std::same_as<T, double> && options.products == Products::bfloat16) {
    kDoor.refuse("products are bfloat16 with inputs of double, expected inputs of float");
  }
  const AttentionProblem problem = linear_problem(kDoor, map.blocks(), inputs, options);
  const auto& q = inputs.queries;
  require_output(kDoor, "out", out,
                 {q.extent(0), q.extent(1), q.extent(2), inputs.values.extent(3)}, inputs);
  const AttentionCall<T> call{kDoor, map.blocks(), inputs, problem, execution, options.products};
  AttentionReport report = weigh(call, options, out);
  report.arithmetic = options.products == Products::bfloat16 ? ReducedProducts::arithmetic()
                      : std::same_as<T, float>               ? "float"
                                                             : "double";
  return report;
}

template AttentionReport attention<float>(const FeatureMap<float>&, const AttentionInputs<float>&,
                                          TensorView<float, 4>, const AttentionOptions&,
                                          const Execution&);
template AttentionReport attention<double>(const FeatureMap<double>&,
                                           const AttentionInputs<double>&, TensorView<double, 4>,
                                           const AttentionOptions&, const Execution&);

}  // namespace bochner
