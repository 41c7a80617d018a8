// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/io/table.hpp"
#include "io/row_reader.hpp"

#include <functional>

namespace bochner::io {

/// All remaining rows of `reader`. `each`, if there is one, gets every block of rows while it is
/// the reader's last, the one that `RowReader::place` is about. Throws as `read_table`.
Table read_table(RowReader& reader, const std::function<void(MatrixView<const double>)>& each = {});

/// Throws InvalidArgument for an option that the caller gave and that does not apply to files of
/// the format found.
void require_used(const ReadOptions& options, const RowReader& reader);

}  // namespace bochner::io
