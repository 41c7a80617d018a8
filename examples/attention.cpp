// SPDX-License-Identifier: Apache-2.0
//
// Causal attention with eight heads in linear time, its error, and decoding with a state of
// constant size.
#include <bochner/bochner.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

constexpr bochner::Index kHeads = 8, kLength = 512, kDim = 64, kPrompt = 500;

/// Rows `first` to `last` of every head.
template <class T>
bochner::TensorView<T, 4> rows(T* data, bochner::Index first, bochner::Index last) {
  return {data + first * kDim, {1, kHeads, last - first, kDim}, {0, kLength * kDim, kDim, 1}};
}

int main() {
  std::vector<double> normals(3 * kHeads * kLength * kDim);
  bochner::Stream({1}, bochner::Purpose::study).normals(0, normals);
  const std::vector<float> data(normals.begin(), normals.end());
  const auto tokens = [&](bochner::Index first, bochner::Index last) {
    const float* key = data.data() + kHeads * kLength * kDim;
    return bochner::AttentionInputs<float>{rows(data.data(), first, last), rows(key, first, last),
                                           rows(key + kHeads * kLength * kDim, first, last)};
  };
  std::vector<float> output(kHeads * kLength * kDim), error(output), exact(output), decoded(output);
  const auto out = rows(output.data(), 0, kLength), se = rows(error.data(), 0, kLength);

  // The usual scale of 1/8, SoftmaxKernel::for_dimension(64), is for trained queries and keys;
  // on these normals it would make the mean of |q + k|^2 16, where no random feature helps.
  bochner::FeatureMapSpec layer{.input_dim = 64, .num_frequencies = 1024, .seed = {42}};
  layer.kernel = bochner::SoftmaxKernel{0.01};
  layer.features = bochner::HyperbolicFeatures{};
  const bochner::FeatureMap<float> map(layer);
  const bochner::AttentionOptions causal{.mask = bochner::Mask::causal};
  bochner::attention<float>(map, tokens(0, kLength), out, causal);

  const auto report =
      bochner::attention_with_error<float>(map, tokens(0, kLength), out, se, causal);
  bochner::exact_attention<float>(layer.kernel, tokens(0, kLength), rows(exact.data(), 0, kLength),
                                  causal);
  double inside = 0.0;
  for (std::size_t e = 0; e < output.size(); ++e) {
    inside += std::abs(output[e] - exact[e]) <= report.factor(0.95) * error[e];
  }
  inside /= static_cast<double>(output.size());
  std::printf("the 95 %% interval holds %.1f %% of exact attention\n", 100.0 * inside);

  bochner::AttentionState<float> state(map, 1, kHeads, kDim);
  state.advance(tokens(0, kPrompt), rows(decoded.data(), 0, kPrompt));  // the prompt at once
  for (bochner::Index i = kPrompt; i < kLength; ++i) {
    state.advance(tokens(i, i + 1), rows(decoded.data(), i, i + 1));  // then token by token
  }
  std::printf("decoded as at once: %s\n", decoded == output ? "the same bits" : "other bits");
  return decoded == output && inside > 0.9 ? 0 : 1;
}
