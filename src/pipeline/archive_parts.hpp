// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"

#include <string_view>

/// \file
/// Archives inside an archive: each has a prefix of its own, such as "intervals.", for its keys.

namespace bochner::pipeline {

/// Adds the entries of a part, each key behind the prefix.
void add_part(Archive part, std::string_view prefix, Archive& whole);

/// The entries whose keys begin with the prefix, without it.
Archive part_of(const Archive& whole, std::string_view prefix);

/// Whether there are none.
inline bool is_empty(const Archive& part) { return part.metadata.empty() && part.arrays.empty(); }

}  // namespace bochner::pipeline
