// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/logistic_validation.hpp"
#include "bochner/client/regression/ridge_path.hpp"
#include "report/record.hpp"

#include <string>

namespace bochner::report {

/// ridge, gcv, log_evidence, degrees_of_freedom
Table path_table(const RidgePath& path);
/// The root of GCV over the ridges, and the one that was chosen.
std::string path_svg(const RidgePath& path, double ridge, const std::string& subtitle);

/// ridge, log_loss, standard_error, error_rate
Table path_table(const LogisticValidation& path);
/// The held-out log loss over the ridges.
std::string path_svg(const LogisticValidation& path, const std::string& subtitle);

}  // namespace bochner::report
