// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <span>
#include <string>
#include <vector>

namespace bochner::io {

/// Which columns of a file are wanted. An entry is the name of a column, or a number counted from
/// 1, or a range of numbers `2-5`, `2-` or `-5`.
struct ColumnSelection {
  std::vector<std::string> keep;  ///< in this order; empty: every column
  std::vector<std::string> drop;  ///< then left out
};

/// The chosen columns, counted from 0. `names` has one entry a column, or none. Throws FileError
/// naming `file` and the entry for one that names no column or an ambiguous one, for a column kept
/// twice, and when none remains.
std::vector<Index> resolve(const ColumnSelection& selection, std::span<const std::string> names,
                           Index cols, const std::string& file);

}  // namespace bochner::io
