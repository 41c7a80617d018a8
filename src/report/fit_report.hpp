// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/pipeline/fit.hpp"
#include "io/output_folder.hpp"

#include <string>

/// \file
/// How a fit went, in lines for the terminal and as JSON.

namespace bochner::report {

std::string fit_text(const pipeline::FitRequest& request, const pipeline::Fitted& fit);
std::string fit_json(const pipeline::FitRequest& request, const pipeline::Fitted& fit);

/// report.json, and what the study of the fit found.
void add_fit_report(io::OutputFolder& folder, const pipeline::FitRequest& request,
                    const pipeline::Fitted& fit);

}  // namespace bochner::report
