// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/table.hpp"
#include "study/gram_study.hpp"

#include <nlohmann/json.hpp>

#include <string>

/// \file
/// A study of a Gram matrix as a table for the terminal, JSON, CSV and a chart.

namespace bochner::report {

/// What any report of `gram` begins with: lines of comment, fields.
std::string gram_heading(const study::GramStudyPlan& plan, const io::Table& input);
nlohmann::ordered_json gram_identity(const study::GramStudyPlan& plan, const io::Table& input);

std::string gram_text(const study::GramStudyPlan& plan, const io::Table& input,
                      const study::GramStudy& study);
std::string gram_json(const study::GramStudyPlan& plan, const io::Table& input,
                      const study::GramStudy& study);
std::string gram_csv(const study::GramStudy& study);
std::string gram_svg(const study::GramStudyPlan& plan, const io::Table& input,
                     const study::GramStudy& study);

}  // namespace bochner::report
