// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/column_names.hpp"
#include "pipeline/model_rows.hpp"

#include <string>
#include <vector>

namespace bochner::pipeline {

using Words = decltype(Archive::metadata);

/// The words of a model's archive that say which columns it uses: of its header, what a wide file
/// makes long.
Words column_words(const std::vector<std::string>& inputs, const std::vector<std::string>& targets,
                   const std::vector<Index>& places);

/// Where the columns of `used` stand in the file, counted from 0: inputs, targets, weight. Throws
/// FileError where that cannot be told.
std::vector<Index> find_columns(const Model& model, const UsedColumns& used,
                                const io::ColumnNames& names, const std::string& file);

}  // namespace bochner::pipeline
