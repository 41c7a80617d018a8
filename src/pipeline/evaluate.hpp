// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/io/read_options.hpp"
#include "bochner/pipeline/fit.hpp"
#include "bochner/pipeline/model.hpp"
#include "pipeline/metrics.hpp"
#include "pipeline/model_rows.hpp"

#include <optional>
#include <string>
#include <vector>

/// \file
/// How a model does on rows it has not seen.

namespace bochner::pipeline {

/// Most rows that an `Evaluation` shows one by one.
inline constexpr Index kMostShownRows = 4000;

struct NamedMetric {
  std::string model;   ///< "random features", or a baseline
  std::string target;  ///< its column
  std::string name;    ///< RMSE, MAE and R2; of classes error rate, accuracy and log loss
  Metric metric;
};

struct Evaluation {
  Index rows = 0;
  Index counted = 0;  ///< those of positive weight
  std::string digest;
  std::vector<NamedMetric> metrics;
  std::vector<PredictedRow> shown;  ///< first target, of rows drawn at random; none for classes
  std::optional<ClassificationErrors> classes;
};

struct EvaluationRequest {
  std::string weights{};  ///< the column, by name or number, that says how much rows count, or none
  /// Linear ridge and exact kernel ridge, fitted to the rows of this file, are evaluated as well;
  /// empty: they are not. For a regression only.
  std::string training{};
  io::ReadOptions reading{};  ///< of `training`
  Execution execution{};
};

/// What a reader of rows to evaluate must hold.
UsedColumns evaluated_columns(const std::string& weights);

/// Reads `reader`, which `open_for` opened for the model with `evaluated_columns`, to its end, by
/// blocks of rows; where there are baselines the rows are held. Throws FileError for what is wrong
/// with a file, one without rows and one whose weights are all zero, and InvalidArgument as
/// `baselines` does.
Evaluation evaluate(const Model& model, io::RowReader& reader, const EvaluationRequest& request);

}  // namespace bochner::pipeline
