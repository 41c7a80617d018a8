// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"

#include <vector>

/// \file
/// Rows drawn at random, every set equally likely: a fixed stride would see only one phase of
/// whatever is periodic.

namespace bochner::regression {

/// `count` of `rows` rows in ascending order, or all of them when there are no more. A function of
/// the arguments alone.
std::vector<Index> drawn_rows(Index rows, Index count, Seed seed);

}  // namespace bochner::regression
