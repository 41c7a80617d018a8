// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/column_selection.hpp"

#include <string>
#include <vector>

namespace bochner::io {

/// The chosen columns, counted from 0, in time proportional to their number and the file's columns.
/// Throws FileError naming `file` and the entry for one that names no column or an ambiguous one,
/// for a column kept twice, and when none remains.
std::vector<Index> resolve(const ColumnSelection& selection, const ColumnNames& names,
                           const std::string& file);

}  // namespace bochner::io
