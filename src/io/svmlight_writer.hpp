// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "io/output_file.hpp"

#include <span>
#include <string>

namespace bochner::io {

/// One line per row, `label 1:value 2:value ...` [svmlight]: indices from 1, zeros left out, every
/// number the shortest that reads back to the same bits. `labels` is n x 1. `comments` are one per
/// row, without line ends, or none: ` # comment`. The caller commits.
template <Scalar T>
void write_svmlight(OutputFile& out, MatrixView<const double> labels, MatrixView<const T> rows,
                    std::span<const std::string> comments = {});

extern template void write_svmlight<float>(OutputFile&, MatrixView<const double>,
                                           MatrixView<const float>, std::span<const std::string>);
extern template void write_svmlight<double>(OutputFile&, MatrixView<const double>,
                                            MatrixView<const double>, std::span<const std::string>);

}  // namespace bochner::io
