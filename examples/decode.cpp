// SPDX-License-Identifier: Apache-2.0
//
// Two prompts of different lengths, padded on the left and stored as bfloat16: read at once, then
// continued token by token, with the bits that the longer one has alone.
#include <bochner/bochner.hpp>

#include <cstdio>
#include <vector>

using bochner::BFloat16, bochner::Index;

constexpr Index kBatch = 2, kHeads = 4, kPrompt = 40, kLength = 60, kDim = 32;

/// Tokens first .. last - 1 of every head of `batch` entries.
template <class T>
bochner::TensorView<T, 4> tokens(T* data, Index batch, Index first, Index last) {
  return {data + first * kDim,
          {batch, kHeads, last - first, kDim},
          {kHeads * kLength * kDim, kLength * kDim, kDim, 1}};
}

int main() {
  const bochner::FeatureMap<float> map({.input_dim = kDim,
                                        .num_frequencies = 128,
                                        .kernel = bochner::SoftmaxKernel::for_dimension(kDim),
                                        .features = bochner::HyperbolicFeatures{},
                                        .seed = {42}});
  const bochner::Stream normals({1}, bochner::Purpose::study);
  std::vector<BFloat16> stored(kBatch * kHeads * kLength * kDim), out(stored), alone(stored);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    stored[i] = BFloat16(static_cast<float>(0.3 * normals.normal(i)));
  }
  const auto rows = [&](Index batch, Index first, Index last) {
    const auto x = tokens<const BFloat16>(stored.data(), batch, first, last);
    return bochner::AttentionInputs<BFloat16>{x, x, x};
  };

  bool live[kBatch * kPrompt];  // all 40 tokens of the first entry, the last 25 of the second
  for (Index i = 0; i < kBatch * kPrompt; ++i) live[i] = i < kPrompt || i % kPrompt >= 15;
  bochner::AttentionState<float> state(map, kBatch, kHeads, kDim);
  advance(state, rows(kBatch, 0, kPrompt), tokens(out.data(), kBatch, 0, kPrompt),
          {.key_mask = {live, kBatch, kPrompt}});
  for (Index i = kPrompt; i < kLength; ++i) {
    advance(state, rows(kBatch, i, i + 1), tokens(out.data(), kBatch, i, i + 1));
  }
  const std::vector<Index> lengths = state.lengths();
  std::printf("keys seen: %td and %td\n", lengths[0], lengths[1]);

  attention(map, rows(1, 0, kLength), tokens(alone.data(), 1, 0, kLength),
            {.mask = bochner::Mask::causal});
  bool same = true;
  for (std::size_t i = 0; i < out.size() / kBatch; ++i) same = same && out[i].bits == alone[i].bits;
  std::printf("the first entry alone: %s\n", same ? "the same bits" : "other bits");
  return same && lengths == std::vector<Index>{kLength, kLength - 15} ? 0 : 1;
}
