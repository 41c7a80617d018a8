// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/plan.hpp"
#include "bochner/client/attention/report.hpp"
#include "bochner/core/execution.hpp"
#include "study/attention_study.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

/// \file
/// What `bochner attend` says of its runs.

namespace bochner::report {

/// Where an array came from.
struct AttendInput {
  std::string name;  ///< queries, keys or values
  std::string path;  ///< empty when synthetic
  std::string digest;
  std::vector<Index> shape;
};

/// Random features, once.
using AttendRun = study::AttentionRun;

/// Everything that came of a call.
struct AttendStudy {
  std::vector<AttendInput> inputs;
  std::string precision;
  Mask mask = Mask::none;
  ExactPairs exact;
  Rest rest = Rest::features;
  std::vector<double> decay;  ///< of each key head; empty: none
  Kernel kernel{};
  Execution execution;
  std::vector<AttendRun> runs;
  std::optional<double> exact_seconds;
  std::optional<AttentionReport> exact_report;
  std::vector<HeadPlan> plans;                 ///< instead of runs
  std::optional<AttentionReport> plan_report;  ///< where they were carried out
  std::string output;                          ///< empty: none

  bool compared() const { return exact_seconds && !runs.empty(); }
  /// Whether the runs have a `quality`.
  bool predicted() const {
    return compared() && study::features_alone({.decay = decay, .exact = exact, .rest = rest});
  }
};

std::string attend_text(const AttendStudy& study);
std::string attend_json(const AttendStudy& study);

/// What is wrong with the output, or nothing.
std::string attend_complaint(const AttendStudy& study);

}  // namespace bochner::report
