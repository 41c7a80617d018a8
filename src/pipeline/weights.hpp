// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/row_reader.hpp"

#include <vector>

namespace bochner::pipeline {

/// `weight`, which stands in that row of the reader's last block and in that chosen column: zero,
/// or from 1e-30 to 1e30, so that single precision holds it and its square. Throws FileError that
/// names the place otherwise.
double checked_weight(const io::RowReader& reader, Index row, Index column, double weight);

/// Those of the rows of the reader's last block, which stand in that column; ones where `rows` have
/// no such column.
std::vector<double> weights_of(const io::RowReader& reader, Index column,
                               MatrixView<const double> rows);

/// Rows without weight are as good as absent, whatever they say: their first columns become
/// `inputs`, which any model takes.
void blank_weightless(MatrixView<double> rows, const std::vector<double>& weights,
                      const std::vector<double>& inputs);

}  // namespace bochner::pipeline
