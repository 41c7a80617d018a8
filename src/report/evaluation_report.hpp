// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/pipeline/model.hpp"
#include "pipeline/metrics.hpp"
#include "report/chart.hpp"

#include <optional>
#include <string>
#include <vector>

/// \file
/// The errors of a model on rows that it has not seen, as text, JSON, CSV and a chart.

namespace bochner::report {

struct NamedMetric {
  std::string model;
  std::string target;
  std::string name;
  pipeline::Metric metric;
};

struct Evaluation {
  std::string data;    ///< where the rows came from
  std::string digest;  ///< of them
  std::string layout;
  std::string model;    ///< its file
  std::string weights;  ///< the column; empty for none
  Execution execution;
  Index rows = 0;
  Index counted = 0;  ///< those of positive weight
  std::vector<NamedMetric> metrics;
  std::vector<Point> points;  ///< true and predicted, of the first target, drawn at random
  std::optional<pipeline::ClassificationErrors> classes;
};

std::string evaluation_text(const Evaluation& evaluation);
std::string evaluation_json(const pipeline::Model& model, const Evaluation& evaluation);
/// The points of a regression.
std::string evaluation_svg(const pipeline::Model& model, const Evaluation& evaluation);
/// Lines: the true class; columns: what the model took it for.
std::string confusion_csv(const pipeline::Model& model,
                          const pipeline::ClassificationErrors& errors);

}  // namespace bochner::report
