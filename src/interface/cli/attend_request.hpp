// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/plan.hpp"
#include "interface/cli/attention_files.hpp"
#include "study/attention_study.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

/// \file
/// What `attend` is asked to do.

namespace bochner::cli {

/// The command line of `attend`, as text.
struct AttendArguments {
  std::string queries;
  std::string keys;
  std::string values;
  std::string synthetic;
  std::string scale;
  std::string mean_square_sum;
  std::string frequencies = "256";
  std::string features = "auto";
  std::string projection = "orthogonal";
  std::string precision = "single";
  std::string compare;
  std::string window;
  std::string first_keys;
  std::string blocks;
  std::string rest = "features";
  std::string error;
  std::string time;
  std::string seed = "1";
  std::string threads = "0";
  std::string output;
  std::string report;
  bool causal = false;
  bool centre = false;
  bool exact = false;
  bool alibi = false;
  bool plan = false;
  bool json = false;
};

enum class AttendPrecision { single_precision, double_precision, bfloat16 };

constexpr std::array<std::string_view, 3> names_of(AttendPrecision) {
  return {"single", "double", "bfloat16"};
}

struct AttendRequest {
  study::AttentionStudyPlan plan;
  AttendPrecision precision = AttendPrecision::single_precision;
  std::optional<SyntheticShape> synthetic;  ///< nothing: inputs are files
  std::optional<AttentionGoal> goal;        ///< of --plan, which then is all there is to do
  bool alibi = false;                       ///< weights decay, by a slope for each head
};

void declare_attend_arguments(CLI::App& app, AttendArguments& arguments);

/// Throws UsageError.
AttendRequest parse_attend(const AttendArguments& arguments);

}  // namespace bochner::cli
