// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of docs/getting_started.md takes for given.

extern const std::size_t n;
extern const bochner::Matrix<float> x;
extern const bochner::Matrix<double> rows;
extern bochner::FeatureMapSpec spec;
