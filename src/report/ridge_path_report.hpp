// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/logistic_validation.hpp"
#include "bochner/client/regression/ridge_path.hpp"

#include <string>

namespace bochner::report {

/// ridge, gcv, log_evidence, degrees_of_freedom
std::string path_csv(const RidgePath& path);
/// The root of GCV over the ridges, and the one that was chosen.
std::string path_svg(const RidgePath& path, double ridge, const std::string& subtitle);
/// The same of a logistic regression's log loss.
std::string path_csv(const LogisticValidation& path);
std::string path_svg(const LogisticValidation& path, const std::string& subtitle);

}  // namespace bochner::report
