// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/byte_source.hpp"
#include "io/row_reader.hpp"

#include <memory>

namespace bochner::io {

/// The rows of a .npy array: rank 2 as it is, rank 1 as one column, more as `options.leading` says.
/// The file's length is checked against the header before anything is allocated. Arrays in Fortran
/// order are read column by column from a file, and held in memory when they come through a pipe.
std::unique_ptr<RowReader> open_npy(std::unique_ptr<ByteSource> source, const ReadOptions& options);

}  // namespace bochner::io
