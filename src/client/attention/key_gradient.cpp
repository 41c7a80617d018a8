// SPDX-License-Identifier: Apache-2.0
#include "client/attention/key_gradient.hpp"

#include "client/attention/gates.hpp"

#include <algorithm>

namespace bochner::attention_internals {

template <Scalar T>
KeyGradient<T>::KeyGradient(const AttentionCall<T>& call, const AttentionGradients<T>& gradients)
    : call_(call),
      gradients_(gradients),
      loader_(call),
      gradient_(simd::kBlockRows, call.map.ld()),
      value_gradient_(simd::kBlockRows, simd::padded<T>(call.problem.value_dim)),
      scores_(simd::kBlockRows, simd::kBlockRows),
      key_gradient_(simd::kBlockRows, call.problem.dim),
      workspace_(call.map) {}

template <Scalar T>
void KeyGradient<T>::from_state(const KeyBlock<T>& keys, const Matrix<T>& values, const T* mass,
                                const PackedTranspose<T>& packed) {
  const Index features = call_.map.num_features();
  if (of_weights()) {
    packed.multiply(keys.values(), keys.rows(), gradient_);
    for (Index r = 0; r < keys.rows(); ++r) {
      const T unit = keys.unit()[static_cast<std::size_t>(r)];
      T* const row = gradient_.row(r);
      for (Index j = 0; j < features; ++j) row[j] += unit * mass[j];
    }
  }
  if (wanted(gradients_.values)) {
    simd::kernels<T>().contract(keys.weights(), gradient_.cols(), keys.rows(), features,
                                values.data(), values.cols(), call_.problem.value_dim,
                                value_gradient_.data(), value_gradient_.cols());
  }
}

template <Scalar T>
void KeyGradient<T>::from_queries(const KeyBlock<T>& keys, const QueryGradient<T>& queries,
                                  std::span<const std::int32_t> count) {
  const auto& engine = simd::kernels<T>();
  const Index rows = queries.queries().rows();
  for (Index r = 0; r < rows && wanted(gradients_.values); ++r) {
    const Index seen = count[static_cast<std::size_t>(r)];
    std::copy_n(queries.queries().scores().row(r), seen, scores_.row(r));
    std::fill(scores_.row(r) + seen, scores_.row(r) + simd::kBlockRows, T{0});
  }
  const Matrix<T>& weights = queries.queries().weights();
  // A strip of keys meets the queries only that see its first.
  constexpr Index kStrip = 32;
  for (Index first = 0; first < keys.rows(); first += kStrip) {
    const Index strip = std::min(kStrip, keys.rows() - first);
    const Index from = std::upper_bound(count.begin(), count.end(), first) - count.begin();
    if (wanted(gradients_.values)) {
      engine.accumulate(scores_.row(from) + first, scores_.cols(), rows - from, strip,
                        queries.g_values().row(from), queries.g_values().cols(),
                        call_.problem.value_dim, nullptr, value_gradient_.row(first),
                        value_gradient_.cols());
    }
    if (of_weights()) {
      engine.accumulate(queries.pairs().row(from) + first, queries.pairs().cols(), rows - from,
                        strip, weights.row(from), weights.cols(), call_.map.num_features(), nullptr,
                        gradient_.row(first), gradient_.cols());
    }
  }
}

template <Scalar T>
void KeyGradient<T>::finish(const KeyBlock<T>& keys, const HeadGroup& group, Index first) {
  const AttentionSequence& sequence = *group.sequence;
  const auto to_rows = [&](const TensorView<T, 4>& gradient, const auto& entry) {
    if (!wanted(gradient)) return;
    const auto to = head_rows(gradient, sequence.batch, group.key_head);
    for (Index r = 0; r < keys.rows(); ++r) {
      const Index row = sequence.first_key + sequence.position(first + r);
      for (Index c = 0; c < to.cols; ++c) to(row, c) += entry(r, c);
    }
  };
  for (Index r = 0; r < keys.rows() && wanted(gradients_.gates); ++r) {
    const T* const weight = keys.row(r);
    const T* const slope = gradient_.row(r);
    double sum = 0.0;  // a factor multiplies all features
    for (Index j = 0; j < call_.map.num_features(); ++j) {
      sum += static_cast<double>(weight[j]) * static_cast<double>(slope[j]);
    }
    gate_at(gradients_.gates, sequence.batch, group.key_head,
            sequence.first_key + sequence.position(first + r)) += sum;
  }
  if (wanted(gradients_.keys)) {
    pull_weights(call_.map, Side::key, loader_.rows(group, first, keys.rows()).keys,
                 keys.weight_matrix(), gradient_,
                 MatrixView<T>(key_gradient_.data(), keys.rows(), call_.problem.dim), workspace_);
  }
  to_rows(gradients_.keys, [&](Index r, Index c) { return key_gradient_(r, c); });
  to_rows(gradients_.values, [&](Index r, Index c) {
    return keys.unit()[static_cast<std::size_t>(r)] * value_gradient_(r, c);
  });
}

template class KeyGradient<float>;
template class KeyGradient<double>;

}  // namespace bochner::attention_internals
