// SPDX-License-Identifier: Apache-2.0
#include "linalg/rank_one.hpp"

#include <cmath>
#include <limits>
#include <vector>

namespace bochner::linalg {

void add_row(MatrixView<double> r, std::span<double> z) {
  for (Index i = 0; i < r.rows; ++i) {
    double* const row = r.row(i);
    const double own = z[static_cast<std::size_t>(i)];
    if (own == 0.0) continue;
    const double length = std::hypot(row[i], own);
    const double cosine = row[i] / length;
    const double sine = own / length;
    row[i] = length;
    for (Index j = i + 1; j < r.cols; ++j) {
      double& other = z[static_cast<std::size_t>(j)];
      const double kept = cosine * row[j] + sine * other;
      other = cosine * other - sine * row[j];
      row[j] = kept;
    }
  }
}

bool remove_row(MatrixView<double> r, std::span<double> z) {
  // R^T a = z
  std::vector<double> a(z.begin(), z.end());
  double rest = 1.0;  // 1 - |a|^2
  for (Index i = 0; i < r.rows; ++i) {
    const double* const row = r.row(i);
    double& own = a[static_cast<std::size_t>(i)];
    own /= row[i];
    rest -= own * own;
    for (Index j = i + 1; j < r.cols; ++j) a[static_cast<std::size_t>(j)] -= own * row[j];
  }
  if (!(rest > static_cast<double>(r.rows) * std::numeric_limits<double>::epsilon())) return false;
  double length = std::sqrt(rest);
  std::vector<double> out(z.size());
  for (Index i = r.rows - 1; i >= 0; --i) {
    double* const row = r.row(i);
    const double own = a[static_cast<std::size_t>(i)];
    const double longer = std::hypot(length, own);
    const double cosine = length / longer;
    const double sine = own / longer;
    length = longer;
    for (Index j = i; j < r.cols; ++j) {
      double& other = out[static_cast<std::size_t>(j)];
      const double kept = cosine * row[j] - sine * other;
      other = cosine * other + sine * row[j];
      row[j] = kept;
    }
  }
  return true;
}

}  // namespace bochner::linalg
