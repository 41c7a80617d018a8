// SPDX-License-Identifier: Apache-2.0
//
// What the C++ of README.md takes for given.

extern const bochner::Matrix<double> x;

extern const bochner::Index kLength;
bochner::AttentionInputs<float> tokens(bochner::Index first, bochner::Index last);
extern const bochner::TensorView<float, 4> out;

extern const bochner::FeatureMapSpec spec;
extern const bochner::TrainingRows<double> rows;
extern const bochner::SearchOptions options;
extern const bochner::FitOptions fit;
extern const bochner::Matrix<double> unseen;
extern bochner::Matrix<double> mean, variance;
