// SPDX-License-Identifier: Apache-2.0
#include "pipeline/held_rows.hpp"

#include "bochner/core/error.hpp"
#include "pipeline/baselines.hpp"

#include <algorithm>
#include <utility>

namespace bochner::pipeline {

HeldRows::HeldRows(std::string file, Index cols) : file_(std::move(file)), cols_(cols) {}

void HeldRows::add(MatrixView<const double> rows) {
  if (static_cast<Index>(values_.size()) / cols_ + rows.rows > kMostBaselineRows) {
    throw FileError(file_ + ": has more than " + std::to_string(kMostBaselineRows) +
                    " rows, expected at most " + std::to_string(kMostBaselineRows) +
                    " for an exact kernel ridge");
  }
  for (Index i = 0; i < rows.rows; ++i) {
    for (Index c = 0; c < cols_; ++c) values_.push_back(rows(i, c));
  }
}

Matrix<double> HeldRows::rows() const {
  Matrix<double> out(static_cast<Index>(values_.size()) / cols_, cols_);
  std::copy(values_.begin(), values_.end(), out.data());
  return out;
}

}  // namespace bochner::pipeline
