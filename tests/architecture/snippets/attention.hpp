// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of docs/attention.md takes for given.

extern const bochner::TensorView<const float, 4> q, k, v;
extern const bochner::TensorView<float, 4> out;
extern const bochner::HeadSpecs specs;
extern const bochner::Index layer;
extern bochner::FeatureMapSpec spec;
extern const bochner::MatrixView<const double> queries, keys;
extern const bochner::FeatureMap<float> map;
extern const bochner::Index batch, key_heads, value_dim, prompt, length;
extern const std::vector<bochner::Index> prompt_lengths;
bochner::AttentionInputs<float> tokens(bochner::Index first, bochner::Index last);
bochner::TensorView<float, 4> outputs(bochner::Index first, bochner::Index last);
extern const bochner::AttentionInputs<bochner::BFloat16> cached;
