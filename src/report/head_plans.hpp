// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/plan.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

/// \file
/// Plans of heads, and the pairs that they weigh exactly.

namespace bochner::report {

/// "exact pairs: window 32, first keys 4; the rest by features", and nothing where all is by
/// features.
std::string pairs_text(const ExactPairs& exact, Rest rest);

nlohmann::ordered_json pairs_json(const ExactPairs& exact);

/// A table with a row for each head, then why.
std::string plans_text(std::span<const HeadPlan> plans);

/// An array of one object per head.
nlohmann::ordered_json plans_json(std::span<const HeadPlan> plans);

/// A line for each head.
std::string plans_csv(std::span<const HeadPlan> plans);

/// Two charts over the heads, marked by method: the error that is left, and the share of the pairs
/// that are weighed exactly.
std::string plans_svg(std::span<const HeadPlan> plans, const std::string& subtitle);

}  // namespace bochner::report
