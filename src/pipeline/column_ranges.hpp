// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Columns as a list of numbers and ranges, "2-100001,1": short where they lie side by side.

namespace bochner::pipeline {

/// Columns counted from 0 as numbers counted from 1, in their order.
std::string to_ranges(const std::vector<Index>& places);

/// What `to_ranges` wrote of that many columns; nothing for other text, however many columns its
/// ranges claim. O(count) time and memory.
std::optional<std::vector<Index>> parse_ranges(std::string_view text, std::size_t count);

}  // namespace bochner::pipeline
