// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/pipeline/model.hpp"
#include "pipeline/evaluate.hpp"

#include <string>

/// \file
/// The errors of a model on rows that it has not seen, as text, JSON, CSV and a chart.

namespace bochner::report {

/// A model's evaluation, and what was evaluated.
struct EvaluationRecord {
  std::string data;  ///< where the rows came from
  std::string layout;
  std::string model;    ///< its file
  std::string weights;  ///< the column; empty for none
  Execution execution;
  pipeline::Evaluation result;
};

std::string evaluation_text(const EvaluationRecord& record);
std::string evaluation_json(const pipeline::Model& model, const EvaluationRecord& record);
/// Rows of a regression, predicted against true.
std::string evaluation_svg(const pipeline::Model& model, const EvaluationRecord& record);
/// Lines: the true class; columns: what the model took it for.
std::string confusion_csv(const pipeline::Model& model,
                          const pipeline::ClassificationErrors& errors);

}  // namespace bochner::report
