// SPDX-License-Identifier: Apache-2.0
#include "kernel/transform.hpp"

#include <cmath>
#include <vector>

namespace bochner {

Index InputTransform::dim() const {
  return matrix.empty() ? static_cast<Index>(diagonal.size())
                        : static_cast<Index>(std::llround(std::sqrt(matrix.size())));
}

void InputTransform::apply(const double* x, double* out) const {
  const auto d = static_cast<std::size_t>(dim());
  if (matrix.empty()) {
    for (std::size_t k = 0; k < d; ++k) out[k] = diagonal[k] * x[k];
    return;
  }
  for (std::size_t i = 0; i < d; ++i) {
    double sum = 0.0;
    for (std::size_t k = 0; k < d; ++k) sum += matrix[i * d + k] * x[k];
    out[i] = sum;
  }
}

void InputTransform::apply_transpose(const double* w, double* out) const {
  const auto d = static_cast<std::size_t>(dim());
  if (matrix.empty()) {
    for (std::size_t k = 0; k < d; ++k) out[k] = diagonal[k] * w[k];
    return;
  }
  for (std::size_t k = 0; k < d; ++k) {
    double sum = 0.0;
    for (std::size_t i = 0; i < d; ++i) sum += matrix[i * d + k] * w[i];
    out[k] = sum;
  }
}

Matrix<double> InputTransform::rows(MatrixView<const double> x) const {
  Matrix<double> out(x.rows, x.cols);
  std::vector<double> row(static_cast<std::size_t>(x.cols));
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) row[static_cast<std::size_t>(k)] = x(i, k);
    apply(row.data(), out.row(i));
  }
  return out;
}

}  // namespace bochner
