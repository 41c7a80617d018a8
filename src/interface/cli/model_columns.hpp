// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/cli/model.hpp"
#include "interface/io/column_names.hpp"

#include <string>
#include <vector>

namespace bochner::cli {

/// Where the columns of `used` stand in the file, counted from 0: inputs, targets, weight. Throws
/// FileError where that cannot be told.
std::vector<Index> find_columns(const Model& model, const UsedColumns& used,
                                const io::ColumnNames& names, const std::string& file);

}  // namespace bochner::cli
