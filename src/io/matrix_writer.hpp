// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "io/output_file.hpp"

#include <span>
#include <string>
#include <vector>

/// \file
/// Matrices into files. Each function writes; the caller commits.

namespace bochner::io {

/// A .npy array, row-major, `<f4` or `<f8`, of extents `shape`, all but the last of which make the
/// rows; rows x columns where it is empty.
template <Scalar T>
void write_npy(OutputFile& out, MatrixView<const T> matrix, const std::vector<Index>& shape = {});

/// Comma-separated text, with a first line of names unless there are none; every number is the
/// shortest that reads back to the same bits.
template <Scalar T>
void write_csv(OutputFile& out, std::span<const std::string> names, MatrixView<const T> matrix);

/// A field of comma-separated text, quoted where it must be [RFC 4180].
std::string csv_field(const std::string& text);

extern template void write_npy<float>(OutputFile&, MatrixView<const float>,
                                      const std::vector<Index>&);
extern template void write_npy<double>(OutputFile&, MatrixView<const double>,
                                       const std::vector<Index>&);
extern template void write_csv<float>(OutputFile&, std::span<const std::string>,
                                      MatrixView<const float>);
extern template void write_csv<double>(OutputFile&, std::span<const std::string>,
                                       MatrixView<const double>);

}  // namespace bochner::io
