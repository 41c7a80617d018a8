// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/column_names.hpp"
#include "pipeline/model_rows.hpp"

#include <string>
#include <vector>

namespace bochner::pipeline {

using Metadata = decltype(Archive::metadata);

/// The part of a model's metadata that says which columns it uses: all of the header that grows
/// with the width of the file.
Metadata column_metadata(const std::vector<std::string>& inputs,
                         const std::vector<std::string>& targets, const std::vector<Index>& places);

/// Where the columns of `used` stand in the file, counted from 0: inputs, targets, weight. Throws
/// FileError where that cannot be told.
std::vector<Index> find_columns(const Model& model, const UsedColumns& used,
                                const io::ColumnNames& names, const std::string& file);

}  // namespace bochner::pipeline
