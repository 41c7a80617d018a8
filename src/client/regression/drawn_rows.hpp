// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"

#include <vector>

/// \file
/// Rows drawn from all, each set of `count` as likely as any other: a fixed stride would see one
/// phase of whatever repeats.

namespace bochner::regression {

/// `count` of `rows` rows, in their order; all of them when there are no more. A function of the
/// arguments alone.
std::vector<Index> drawn_rows(Index rows, Index count, Seed seed);

}  // namespace bochner::regression
