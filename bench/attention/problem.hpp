// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"
#include "bochner/client/attention/exact.hpp"
#include "bochner/client/attention/gradient.hpp"

#include <cmath>
#include <random>
#include <vector>

namespace bochner::bench {

/// Random queries, keys, values and what comes back, 1 x heads x length x dim.
struct AttentionBench {
  static constexpr Index kDim = 64;

  AttentionBench(Index num_heads, Index num_rows, double mean_squared_sum = 0.5)
      : heads(num_heads), length(num_rows) {
    const auto size = static_cast<std::size_t>(heads * length * kDim);
    std::mt19937 generator(1);
    // |x_q + x_k|^2 of rows scaled by d^(-1/4) has mean 2 sqrt(d) sigma^2.
    const double sigma = std::sqrt(mean_squared_sum / (2.0 * std::sqrt(double{kDim})));
    std::normal_distribution<float> normal(0.0F, static_cast<float>(sigma));
    std::normal_distribution<float> standard;
    for (auto* array : {&queries, &keys, &values, &out_gradient, &out, &dq, &dk, &dv}) {
      array->resize(size);
    }
    for (auto* array : {&queries, &keys}) {
      for (float& x : *array) x = normal(generator);
    }
    for (auto* array : {&values, &out_gradient}) {
      for (float& x : *array) x = standard(generator);
    }
  }

  template <class T>
  TensorView<T, 4> view(T* data, Index rows) const {
    return {data, {1, heads, rows, kDim}};
  }
  AttentionInputs<float> inputs(Index rows) const {
    return {view<const float>(queries.data(), rows), view<const float>(keys.data(), rows),
            view<const float>(values.data(), rows)};
  }

  /// The first `rows` rows of packed heads.
  void favor(const FeatureMap<float>& map, Index rows, const AttentionOptions& options = {},
             int threads = 1) {
    report = attention<float>(map, inputs(rows), view(out.data(), rows), options,
                              {.num_threads = threads});
  }
  void exact(Index rows, int threads = 1) {
    exact_attention<float>(kernel(), inputs(rows), view(out.data(), rows), {}, {},
                           {.num_threads = threads});
  }
  void gradient(const FeatureMap<float>& map, const AttentionOptions& options = {}) {
    attention_gradient<float>(
        map, inputs(length), view<const float>(out.data(), length),
        view<const float>(out_gradient.data(), length),
        {view(dq.data(), length), view(dk.data(), length), view(dv.data(), length)}, options,
        {.num_threads = 1});
  }

  static Kernel kernel() { return SoftmaxKernel::for_dimension(kDim); }
  static FeatureMap<float> map(const Projection& projection, Index num_frequencies = 256) {
    return FeatureMap<float>({.input_dim = kDim,
                              .num_frequencies = num_frequencies,
                              .kernel = kernel(),
                              .projection = projection,
                              .features = PositiveFeatures{},
                              .seed = {1}});
  }

  Index heads;
  Index length;
  std::vector<float> queries, keys, values, out_gradient, out, dq, dk, dv;
  AttentionReport report;
};

/// Floating-point operations of attention with dense features: 8 L d m H.
constexpr double favor_operations(Index heads, Index length, Index m = 256) {
  return 8.0 * static_cast<double>(heads * length * AttentionBench::kDim * m);
}

}  // namespace bochner::bench
