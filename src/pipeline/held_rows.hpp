// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"

#include <string>
#include <vector>

namespace bochner::pipeline {

/// Rows of a file that are read once and used again.
class HeldRows {
 public:
  HeldRows(std::string file, Index cols);

  /// Throws FileError where they are more than the baselines of `evaluate` take.
  void add(MatrixView<const double> rows);
  Matrix<double> rows() const;

 private:
  std::string file_;
  Index cols_;
  std::vector<double> values_;
};

}  // namespace bochner::pipeline
