// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/gram_study.hpp"
#include "interface/cli/input.hpp"

#include <nlohmann/json.hpp>

#include <string>

/// \file
/// A study of a Gram matrix as a table for the terminal, JSON, CSV and a chart.

namespace bochner::cli {

/// What any report of `gram` begins with: lines of comment, fields.
std::string gram_heading(const GramStudyPlan& plan, const Input& input);
nlohmann::ordered_json gram_identity(const GramStudyPlan& plan, const Input& input);

std::string gram_text(const GramStudyPlan& plan, const Input& input, const GramStudy& study);
std::string gram_json(const GramStudyPlan& plan, const Input& input, const GramStudy& study);
std::string gram_csv(const GramStudy& study);
std::string gram_svg(const GramStudyPlan& plan, const Input& input, const GramStudy& study);

}  // namespace bochner::cli
