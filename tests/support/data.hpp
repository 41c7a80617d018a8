// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

/// \file
/// The data sets committed to the repository: plain numbers, commas, one header line.

namespace bochner::testing {

/// The first `cols` columns.
inline Matrix<float> read_columns(const std::string& path, Index cols) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw std::runtime_error("no data in " + path);
  std::vector<float> values;
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string cell;
    for (Index k = 0; k < cols && std::getline(cells, cell, ','); ++k) {
      values.push_back(std::stof(cell));
    }
  }
  Matrix<float> x(static_cast<Index>(values.size()) / cols, cols);
  std::copy(values.begin(), values.end(), x.data());
  return x;
}

inline Matrix<double> widened(const Matrix<float>& x) {
  Matrix<double> out(x.rows(), x.cols());
  std::copy_n(x.data(), x.size(), out.data());
  return out;
}

}  // namespace bochner::testing
