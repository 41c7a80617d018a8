// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/gram_study.hpp"
#include "interface/cli/input.hpp"

#include <string>

/// \file
/// A study of a Gram matrix as a table for the terminal, JSON, CSV and a chart.

namespace bochner::cli {

std::string gram_text(const GramStudyPlan& plan, const Input& input, const GramStudy& study);
std::string gram_json(const GramStudyPlan& plan, const Input& input, const GramStudy& study);
std::string gram_csv(const GramStudy& study);
std::string gram_svg(const GramStudyPlan& plan, const Input& input, const GramStudy& study);

}  // namespace bochner::cli
