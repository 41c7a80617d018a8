// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of docs/errors.md takes for given.

extern const bochner::FeatureMap<double> map;
extern const bochner::Matrix<double> x, y;
