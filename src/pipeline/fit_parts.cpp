// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fit_parts.hpp"

#include "core/memory.hpp"
#include "estimator/frequency_groups.hpp"
#include "io/archive_file.hpp"
#include "pipeline/model_columns.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace bochner::pipeline {
namespace {

/// Where the model's columns stand in the file.
std::vector<Index> model_places(const TrainingFile& file) {
  std::vector<Index> out = file.inputs().places;
  out.insert(out.end(), file.targets().places.begin(), file.targets().places.end());
  return out;
}

}  // namespace

Standardisation standardisation_of(const TrainingSummary& summary, Index inputs) {
  Standardisation out{{summary.mean.begin(), summary.mean.begin() + inputs},
                      {summary.deviation.begin(), summary.deviation.begin() + inputs}};
  // A constant column stays at zero, and is measured in its own size where that is large.
  for (std::size_t c = 0; c < out.scale.size(); ++c) {
    if (out.scale[c] == 0.0) out.scale[c] = std::max(1.0, std::abs(out.centre[c]));
  }
  return out;
}

void require_room(const FitRequest& request, Index outputs) {
  const double features = static_cast<double>(num_features(request.spec) + outputs + 1);
  // The sums, their copy for the solver, a copy on its way to the disk; or the sketch. And the
  // frequencies.
  const double matrices = request.solver == Solver::conjugate_gradients ? 1.0 / 16.0 : 3.0;
  // Coefficients of the models of other draws, and their copy on its way to the disk.
  const double models = request.feature_errors
                            ? static_cast<double>(std::max(estimator::kMostGroups,
                                                           request.feature_errors->replicates))
                            : 0.0;
  require_memory(std::to_string(request.spec.num_frequencies) + " frequencies",
                 8.0 * (matrices * features * features +
                        2.0 * models * features * static_cast<double>(outputs) +
                        2.0 * static_cast<double>(request.spec.num_frequencies) *
                            static_cast<double>(request.spec.input_dim)),
                 "fewer of them would do");
}

void require_header(const TrainingFile& file, const std::string& output) {
  io::require_header(
      {.metadata = column_metadata(file.inputs().names, file.targets().names, model_places(file)),
       .arrays = {}},
      output);
}

std::vector<std::string> constant_inputs(const TrainingFile& file, const TrainingSummary& summary) {
  std::vector<std::string> out;
  for (std::size_t c = 0; c < file.inputs().names.size(); ++c) {
    if (summary.deviation[c] == 0.0) out.push_back(file.inputs().names[c]);
  }
  return out;
}

FitPlan plan_of(const FitRequest& request, Standardisation standardisation, Watcher* watcher) {
  return {.spec = request.spec,
          .model = {.posterior = request.posterior},
          .feature_errors = request.feature_errors,
          .standardisation = std::move(standardisation),
          .execution = request.execution,
          .checkpoint_interval = request.checkpoint_interval,
          .study = request.study,
          .unsaved = {},
          .watcher = watcher,
          .metadata = {}};
}

Model model_of(const TrainingFile& file, const TrainingSummary& summary, const FitPlan& plan,
               decltype(Model::regression) regression) {
  return {.inputs = file.inputs().names,
          .targets = file.targets().names,
          .places = model_places(file),
          .named = file.named(),
          .file_columns = file.num_columns(),
          .classes = summary.classes,
          .standardisation = plan.standardisation,
          .data_digest = summary.digest,
          .num_rows = summary.rows,
          .regression = std::move(regression),
          .held_out = {},
          .feature_errors = {}};
}

}  // namespace bochner::pipeline
