// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/recommend.hpp"

#include <string>
#include <vector>

/// \file
/// The order of a recommendation, and what is said of it.

namespace bochner::estimator {

/// By error; among errors within a tie of the best left, the cheapest first.
std::vector<Candidate> ranked(const std::vector<Candidate>& candidates);

/// One sentence on the first of a ranking.
std::string reason_for(const std::vector<Candidate>& order, const std::string& error_name);

}  // namespace bochner::estimator
