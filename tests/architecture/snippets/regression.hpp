// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of docs/regression.md takes for given.

extern const bochner::Matrix<float> x, targets, unseen;
extern bochner::Matrix<float> out;
extern const std::vector<bochner::Index> labels;
extern const bochner::Index num_classes;
