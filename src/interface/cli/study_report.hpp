// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/input.hpp"
#include "interface/cli/study.hpp"

#include <optional>
#include <string>
#include <vector>

/// \file
/// The cells of a study as text, JSON, CSV and a chart.

namespace bochner::cli {

/// What a study ran with, so that it can be repeated.
struct StudySettings {
  Kernel kernel;
  Index dimension = 0;
  Index replicates = 0;  ///< 0: closed forms alone
  Seed seed{};
  Execution execution{};
  std::optional<Input> input{};  ///< the file of pairs
};

/// An angle with three digits, as it appears in labels.
std::string short_angle(double radians);

std::string study_text(const StudySettings& settings, const std::vector<StudyCell>& cells);
std::string study_json(const StudySettings& settings, const std::vector<StudyCell>& cells);
std::string study_csv(const std::vector<StudyCell>& cells);
/// Relative error against the number of columns, root mean square over the pairs: predicted lines,
/// measured points.
std::string study_svg(const StudySettings& settings, const std::vector<StudyCell>& cells);

}  // namespace bochner::cli
