// SPDX-License-Identifier: Apache-2.0
#include "pipeline/weights.hpp"

#include "bochner/core/error.hpp"
#include "core/numbers.hpp"

#include <cstddef>

namespace bochner::pipeline {
namespace {

constexpr double kLeast = 1e-30;
constexpr double kMost = 1e30;

}  // namespace

double checked_weight(const io::RowReader& reader, Index row, Index column, double weight) {
  if (weight == 0.0 || (weight >= kLeast && weight <= kMost)) return weight;
  throw FileError(reader.place(row, column) + ": the weight is " + shortest(weight) +
                  ", expected 0, or from 1e-30 to 1e30");
}

std::vector<double> weights_of(const io::RowReader& reader, Index column,
                               MatrixView<const double> rows) {
  std::vector<double> out(static_cast<std::size_t>(rows.rows), 1.0);
  for (Index i = 0; i < rows.rows && column < rows.cols; ++i) {
    out[static_cast<std::size_t>(i)] = checked_weight(reader, i, column, rows(i, column));
  }
  return out;
}

void blank_weightless(MatrixView<double> rows, const std::vector<double>& weights,
                      const std::vector<double>& inputs) {
  for (Index i = 0; i < rows.rows; ++i) {
    if (weights[static_cast<std::size_t>(i)] != 0.0) continue;
    for (std::size_t c = 0; c < inputs.size(); ++c) rows(i, static_cast<Index>(c)) = inputs[c];
  }
}

}  // namespace bochner::pipeline
