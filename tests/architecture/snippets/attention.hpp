// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of docs/attention.md takes for given.

extern const bochner::TensorView<const float, 4> q, k, v;
extern const bochner::TensorView<float, 4> out;
extern const bochner::HeadSpecs specs;
extern const bochner::Index layer;
extern bochner::FeatureMapSpec spec;
extern const bochner::MatrixView<const double> queries, keys;
