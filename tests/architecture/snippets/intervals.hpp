// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of docs/intervals.md takes for given.

extern const bochner::FeatureMap<double> map;
extern const bochner::Matrix<double> x, y, unseen;
extern const std::vector<bochner::Index> groups;
extern bochner::Matrix<double> lower, upper;
