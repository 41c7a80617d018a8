// SPDX-License-Identifier: Apache-2.0
#include "client/attention/problem.hpp"

#include <utility>

namespace bochner {
namespace {

template <Scalar T>
void fill_zero(const TensorView<T, 4>& tensor) {
  for (Index b = 0; b < tensor.extent(0); ++b) {
    for (Index h = 0; h < tensor.extent(1); ++h) {
      const auto rows = head_rows(tensor, b, h);
      for (Index r = 0; r < rows.rows; ++r) {
        for (Index c = 0; c < rows.cols; ++c) rows(r, c) = T{0};
      }
    }
  }
}

}  // namespace

template <Scalar T>
void check_gradients(const std::string& function, const AttentionInputs<T>& inputs,
                     const TensorView<const T, 4>& out, const TensorView<const T, 4>& out_gradient,
                     const AttentionGradients<T>& gradients) {
  const auto& q = inputs.queries;
  const std::array<Index, 4> extents{q.extent(0), q.extent(1), q.extent(2),
                                     inputs.values.extent(3)};
  check_extents(function, "out", out.extents, extents);
  check_extents(function, "out_gradient", out_gradient.extents, extents);
  check_output(function, "gradients.queries", gradients.queries, q.extents, inputs);
  check_output(function, "gradients.keys", gradients.keys, inputs.keys.extents, inputs);
  check_output(function, "gradients.values", gradients.values, inputs.values.extents, inputs);
  const std::array<std::pair<const char*, MemoryGrid>, 5> tensors{
      {{"gradients.queries", memory_grid(gradients.queries)},
       {"gradients.keys", memory_grid(gradients.keys)},
       {"gradients.values", memory_grid(gradients.values)},
       {"out", memory_grid(out)},
       {"out_gradient", memory_grid(out_gradient)}}};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = i + 1; j < tensors.size(); ++j) {
      check_apart(function, tensors[i].first, tensors[i].second, tensors[j].first,
                  tensors[j].second);
    }
  }
}

template <Scalar T>
void clear_gradients(const AttentionGradients<T>& gradients) {
  fill_zero(gradients.queries);
  fill_zero(gradients.keys);
  fill_zero(gradients.values);
}

template void check_gradients<float>(const std::string&, const AttentionInputs<float>&,
                                     const TensorView<const float, 4>&,
                                     const TensorView<const float, 4>&,
                                     const AttentionGradients<float>&);
template void check_gradients<double>(const std::string&, const AttentionInputs<double>&,
                                      const TensorView<const double, 4>&,
                                      const TensorView<const double, 4>&,
                                      const AttentionGradients<double>&);
template void clear_gradients<float>(const AttentionGradients<float>&);
template void clear_gradients<double>(const AttentionGradients<double>&);

}  // namespace bochner
