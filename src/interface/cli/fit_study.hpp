// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/logistic_validation.hpp"
#include "bochner/client/regression/ridge_path.hpp"
#include "interface/cli/chart.hpp"

#include <optional>
#include <string>
#include <vector>

/// \file
/// What a report of `fit` shows beside the model.

namespace bochner::cli {

struct FitStudy {
  /// GCV, evidence and degrees of freedom of ridges around the one that was chosen, on all rows.
  std::optional<RidgePath> path;
  /// First target: true, and predicted without the row itself, for rows drawn at random.
  std::vector<Point> left_out;
};

/// Ridges from a thousandth of `ridge` to a thousand times as much, four a decade.
std::vector<double> ridges_around(double ridge);

/// ridge, gcv, log_evidence, degrees_of_freedom
std::string path_csv(const RidgePath& path);
/// The root of GCV over the ridges, and the one that was chosen.
std::string path_svg(const RidgePath& path, double ridge, const std::string& subtitle);
/// The same of a logistic regression's log loss.
std::string path_csv(const LogisticValidation& path);
std::string path_svg(const LogisticValidation& path, const std::string& subtitle);

}  // namespace bochner::cli
