// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/table.hpp"
#include "io/row_reader.hpp"

#include <functional>

namespace bochner::io {

/// All rows that `reader` has left. `each`, if there is one, is handed every block of rows while it
/// is the reader's last, of which `RowReader::place` speaks. Throws as `read_table`.
Table read_table(RowReader& reader, const std::function<void(MatrixView<const double>)>& each = {});

/// Throws InvalidArgument for an option of `options`, as a caller gave them, that says nothing
/// about files of the format that was found.
void require_used(const ReadOptions& options, const RowReader& reader);

}  // namespace bochner::io
