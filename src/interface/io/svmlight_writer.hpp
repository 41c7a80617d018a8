// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "interface/io/output_file.hpp"

namespace bochner::io {

/// One line a row, `label 1:value 2:value ...` [svmlight]: indices from 1, zeros left out, every
/// number the shortest that reads back to the same bits. `labels` is n x 1. The caller commits.
template <Scalar T>
void write_svmlight(OutputFile& out, MatrixView<const double> labels, MatrixView<const T> rows);

extern template void write_svmlight<float>(OutputFile&, MatrixView<const double>,
                                           MatrixView<const float>);
extern template void write_svmlight<double>(OutputFile&, MatrixView<const double>,
                                            MatrixView<const double>);

}  // namespace bochner::io
