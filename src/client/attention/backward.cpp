// SPDX-License-Identifier: Apache-2.0
#include "client/attention/backward.hpp"

#include "bochner/client/attention/gradient.hpp"
#include "bochner/kernel/options.hpp"
#include "client/attention/exact_pairs.hpp"
#include "client/attention/exact_pairs_backward.hpp"
#include "client/attention/gates.hpp"

namespace bochner::attention_internals {
namespace {

/// sum x dx. Where the gradient is zero, as it is for keys that are not live, x may be anything.
template <Scalar T>
double product(const TensorView<const T, 4>& inputs, const TensorView<const T, 4>& gradients) {
  double sum = 0.0;
  for (Index b = 0; b < inputs.extent(0); ++b) {
    for (Index h = 0; h < inputs.extent(1); ++h) {
      const auto x = head_rows(inputs, b, h);
      const auto dx = head_rows(gradients, b, h);
      for (Index r = 0; r < x.rows; ++r) {
        for (Index c = 0; c < x.cols; ++c) {
          if (dx(r, c) == T{0}) continue;
          sum += static_cast<double>(x(r, c)) * static_cast<double>(dx(r, c));
        }
      }
    }
  }
  return sum;
}

template <Scalar T>
void clear(const TensorView<T, 4>& tensor) {
  if (!wanted(tensor)) return;
  for (Index b = 0; b < tensor.extent(0); ++b) {
    for (Index h = 0; h < tensor.extent(1); ++h) clear_rows(head_rows(tensor, b, h));
  }
}

}  // namespace

template <Scalar T>
void clear_gradients(const AttentionGradients<T>& gradients) {
  clear(gradients.queries);
  clear(gradients.keys);
  clear(gradients.values);
  if (!wanted(gradients.gates)) return;
  for (Index b = 0; b < gradients.gates.extent(0); ++b) {
    for (Index h = 0; h < gradients.gates.extent(1); ++h) {
      for (Index k = 0; k < gradients.gates.extent(2); ++k) gate_at(gradients.gates, b, h, k) = 0.0;
    }
  }
}

template void clear_gradients<float>(const AttentionGradients<float>&);
template void clear_gradients<double>(const AttentionGradients<double>&);

}  // namespace bochner::attention_internals

namespace bochner {

using namespace attention_internals;

template <Scalar T>
void attention_gradient(const FeatureMap<T>& map, const AttentionInputs<T>& inputs,
                        TensorView<const T, 4> out, TensorView<const T, 4> out_gradient,
                        const AttentionGradients<T>& gradients, const AttentionOptions& options,
                        const Execution& execution) {
  constexpr Door kDoor("attention_gradient");
  const AttentionProblem problem = linear_problem(kDoor, map.blocks(), inputs, options);
  require_gradients(kDoor, inputs, out, out_gradient, gradients, options);
  clear_gradients(gradients);
  if (problem.value_dim == 0) return;
  const AttentionCall<T> forward{kDoor, map.blocks(), inputs, problem, execution};
  const BackwardCall<T> call{forward, out, out_gradient, gradients};
  if (!call.of_queries() && !call.of_keys_or_values()) return;
  if (weighs_exactly(options)) {
    mixed_gradient(call, options);
  } else if (options.mask == Mask::causal) {
    causal_gradient(call);
  } else {
    bidirectional_gradient(call);
  }
  if (wanted(gradients.gates)) factor_to_gate_gradients(problem, options.gates, gradients.gates);
}

template <Scalar T>
double softmax_scale_gradient(const Kernel& kernel, const AttentionInputs<T>& inputs,
                              TensorView<const T, 4> query_gradient,
                              TensorView<const T, 4> key_gradient) {
  constexpr Door kDoor("softmax_scale_gradient");
  const double* const scale = dot_scale_of(kernel);
  if (scale == nullptr) kDoor.refuse("the kernel", to_text(kernel), "softmax");
  kDoor.shape("query_gradient", query_gradient.extents, inputs.queries.extents)
      .shape("key_gradient", key_gradient.extents, inputs.keys.extents);
  return (product(inputs.queries, query_gradient) + product(inputs.keys, key_gradient)) /
         (2.0 * *scale);
}

template void attention_gradient<float>(const FeatureMap<float>&, const AttentionInputs<float>&,
                                        TensorView<const float, 4>, TensorView<const float, 4>,
                                        const AttentionGradients<float>&, const AttentionOptions&,
                                        const Execution&);
template void attention_gradient<double>(const FeatureMap<double>&, const AttentionInputs<double>&,
                                         TensorView<const double, 4>, TensorView<const double, 4>,
                                         const AttentionGradients<double>&, const AttentionOptions&,
                                         const Execution&);
template double softmax_scale_gradient<float>(const Kernel&, const AttentionInputs<float>&,
                                              TensorView<const float, 4>,
                                              TensorView<const float, 4>);
template double softmax_scale_gradient<double>(const Kernel&, const AttentionInputs<double>&,
                                               TensorView<const double, 4>,
                                               TensorView<const double, 4>);

}  // namespace bochner
