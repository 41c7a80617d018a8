// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/training_rows.hpp"
#include "bochner/core/matrix.hpp"
#include "pipeline/streaming_fit.hpp"
#include "pipeline/training_file.hpp"

#include <string>
#include <vector>

/// \file
/// All rows of a training file in memory, for what must see them more than once.

namespace bochner::pipeline {

template <Scalar T>
struct HeldTrainingRows {
  Matrix<T> x;               ///< standardised
  Matrix<double> targets;    ///< as in the file: numbers of classes, for these
  std::vector<T> weights{};  ///< empty where the file has none
  Matrix<double> groups;     ///< the columns of `TrainingFile::groups`; zeros without weight

  /// Of the classes that `targets` says.
  std::vector<Index> labels() const;
};

/// The file must still have the digest of `summary`. Throws FileError when its rows do not fit into
/// the machine's memory, and Interrupted.
template <Scalar T>
HeldTrainingRows<T> hold_rows(const TrainingFile& file, const TrainingSummary& summary,
                              const FitPlan& plan);

extern template struct HeldTrainingRows<float>;
extern template struct HeldTrainingRows<double>;
extern template HeldTrainingRows<float> hold_rows(const TrainingFile&, const TrainingSummary&,
                                                  const FitPlan&);
extern template HeldTrainingRows<double> hold_rows(const TrainingFile&, const TrainingSummary&,
                                                   const FitPlan&);

}  // namespace bochner::pipeline
