// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/chart.hpp"

#include <string>
#include <vector>

namespace bochner::report {

/// Predictions against what they should be, with the line on which they would lie. Points are
/// (true, predicted), at least one.
std::string predicted_svg(const std::string& target, const std::string& subtitle,
                          const std::vector<Point>& points);

}  // namespace bochner::report
