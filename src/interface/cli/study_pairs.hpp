// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/input.hpp"
#include "study/pair_study.hpp"

#include <string>
#include <vector>

/// \file
/// The pairs of a study.

namespace bochner::cli {

/// Angles in radians from a list of numbers and of ranges `first:last`, each of five angles from
/// one to the other; `pi` is understood, also as `pi/2`. Throws UsageError.
std::vector<double> parse_angles(const std::string& option, const std::string& text);

/// Lengths from a list of them. Throws UsageError.
std::vector<double> parse_norms(const std::string& text);

/// The rows of --pairs. Throws as `read_input`.
io::Table read_pairs_file(const std::string& path, const ReadingOptions& reading);

/// Pairs from rows that hold the coordinates of x, then those of y. Throws UsageError for an odd
/// number of columns.
std::vector<study::StudyPair> pairs_from(const io::Table& input);

}  // namespace bochner::cli
