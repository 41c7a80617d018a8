// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/fit_request.hpp"
#include "interface/cli/fit_search.hpp"
#include "interface/cli/model.hpp"
#include "interface/cli/report_directory.hpp"
#include "interface/cli/streaming_fit.hpp"

#include <string>

/// \file
/// How a fit went, in lines for the terminal and as JSON.

namespace bochner::cli {

std::string fit_text(const FitArguments& options, const Model& model, const FitOutcome& outcome,
                     const FitSearch& search, const Execution& execution);
std::string fit_json(const FitArguments& options, const Model& model, const FitOutcome& outcome,
                     const FitSearch& search, const Execution& execution);

/// The files of `--report` into `directory`.
void add_fit_report(ReportDirectory& directory, const FitArguments& options, const Model& model,
                    const FitOutcome& outcome, const FitSearch& search, const Execution& execution);

}  // namespace bochner::cli
