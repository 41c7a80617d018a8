// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "interface/io/byte_source.hpp"
#include "interface/io/row_reader.hpp"

#include <memory>
#include <string_view>

namespace bochner::io {

/// Whether the beginning of a file looks like svmlight: blanks between items, and an `index:value`
/// among those of the first line that is no comment.
bool looks_like_svmlight(std::string_view head);

/// Lines `label index:value index:value ... # comment` [svmlight], indices ascending from 1, what
/// is not there zero. The columns are `label`, `x1`, `x2`, ...; the file is read once beforehand
/// for the largest index (at most 2^24), so it must be a regular one. Throws FileError naming line
/// and item.
std::unique_ptr<RowReader> open_svmlight(std::unique_ptr<ByteSource> source,
                                         const ReadOptions& options);

}  // namespace bochner::io
