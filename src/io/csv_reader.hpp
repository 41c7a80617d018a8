// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/byte_source.hpp"
#include "io/row_reader.hpp"

#include <memory>

namespace bochner::io {

/// Numbers separated by commas, semicolons, tabs or blanks (`choose_delimiter`): fields may be
/// quoted as in RFC 4180, lines end in LF, CRLF or CR, a byte-order mark is skipped, and so are,
/// before the first row, blank lines and those that begin with #. A number has a decimal point or,
/// if `options` say so, a decimal comma, whatever the locale. Throws FileError naming line and
/// column for a line with a different number of fields from the first, an empty line, and a chosen
/// field that is empty, says NA, is no number or has none in range.
std::unique_ptr<RowReader> open_csv(std::unique_ptr<ByteSource> source, const ReadOptions& options);

}  // namespace bochner::io
