// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of docs/gram.md takes for given.

extern const bochner::FeatureMapSpec spec;
extern const bochner::Matrix<float> x;
extern const bochner::Matrix<double> b;
extern bochner::Matrix<double> out;
