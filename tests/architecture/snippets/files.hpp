// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of docs/files.md takes for given.

extern const bochner::FeatureMap<float> map;
extern const bochner::Matrix<float> x, targets;
