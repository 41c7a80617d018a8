// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/input.hpp"
#include "study/matrix_study.hpp"
#include "study/pair_study.hpp"

#include <span>
#include <string>
#include <vector>

/// \file
/// The pairs and maps of a study.

namespace bochner::cli {

/// Angles in radians from a list of numbers and of ranges `first:last`, each of five angles from
/// one to the other; `pi` is understood, also as `pi/2`. Throws UsageError.
std::vector<double> parse_angles(const std::string& option, const std::string& text);

/// Pairs from rows that hold the coordinates of x, then those of y. Throws UsageError for an odd
/// number of columns.
std::vector<study::StudyPair> pairs_from(const io::Table& input);

}  // namespace bochner::cli
