// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/byte_source.hpp"
#include "io/row_reader.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bochner::io {

/// Whether the beginning of a file looks like svmlight: blanks between items, and an `index:value`
/// in the first line that holds more than a label or a comment.
bool looks_like_svmlight(std::string_view head);

/// Lines `label index:value index:value ... # comment` [svmlight], indices ascending, missing
/// entries zero. The columns are `label`, `x1`, `x2`, ... (`x0`, `x1`, ... where indices count from
/// 0). The file is read once beforehand for its rows and its largest index; what comes through a
/// pipe is copied first (`rereadable`). An index that makes more than 2^21 columns needs
/// `SvmlightOptions::width`, which none may exceed. Throws FileError naming line and item.
std::unique_ptr<RowReader> open_svmlight(std::unique_ptr<ByteSource> source,
                                         const ReadOptions& options);

/// The width of svmlight text whose largest index is in one of those names; nothing where none is
/// a name like `x7`.
std::optional<Index> svmlight_width(std::span<const std::string> names, Index first_index);

}  // namespace bochner::io
