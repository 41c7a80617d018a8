// SPDX-License-Identifier: Apache-2.0
#include "kernel/precise_values.hpp"

#include "bochner/core/matrix.hpp"
#include "linalg/twice.hpp"

#include <vector>

namespace bochner::kernels {
namespace {

/// A x in twice the precision, in the two rows of `out`.
linalg::TwiceVector transformed(const InputTransform& transform, const double* x,
                                Matrix<double>& out) {
  apply_precisely(transform, x, out.row(0), out.row(1));
  return {out.row(0), out.row(1)};
}

void values_of_differences(const Kernel& kernel, const InputTransform& transform, const double* x,
                           MatrixView<const double> y, double* out) {
  std::vector<double> raw(static_cast<std::size_t>(y.cols));
  const std::vector<double> origin(raw.size(), 0.0);
  Matrix<double> differences(y.rows, y.cols);
  for (Index j = 0; j < y.rows; ++j) {
    for (Index k = 0; k < y.cols; ++k) raw[static_cast<std::size_t>(k)] = y(j, k) - x[k];
    transform.apply(raw.data(), differences.row(j));
  }
  row_values(kernel, origin.data(), differences.view(), out);
}

}  // namespace

void apply_precisely(const InputTransform& transform, const double* x, double* high, double* low) {
  const auto d = static_cast<std::size_t>(transform.dim());
  for (std::size_t i = 0; i < d; ++i) {
    linalg::Twice sum;
    if (transform.matrix.empty()) {
      sum = linalg::exact_product(transform.diagonal[i], x[i]);
    } else {
      const double* const row = transform.matrix.data() + i * d;
      for (std::size_t k = 0; k < d; ++k) linalg::add_product(sum, row[k], x[k]);
      sum = linalg::normalised(sum);
    }
    high[i] = sum.high;
    low[i] = sum.low;
  }
}

void precise_values(const Kernel& kernel, const StandardForm& form, const double* x,
                    MatrixView<const double> y, double* out) {
  if (form.shift_invariant) {
    values_of_differences(kernel, form.transform, x, y, out);
    return;
  }
  Matrix<double> x_row(2, y.cols);
  Matrix<double> y_row(2, y.cols);
  const linalg::TwiceVector u = transformed(form.transform, x, x_row);
  const bool by_products = has_product_values(kernel);
  const double xx = by_products ? linalg::dot(u, u, y.cols) : 0.0;
  for (Index j = 0; j < y.rows; ++j) {
    const linalg::TwiceVector v = transformed(form.transform, y.row(j), y_row);
    if (by_products) {
      const double xy = linalg::dot(u, v, y.cols);
      const double yy = linalg::dot(v, v, y.cols);
      kernel_values(kernel, &xy, xx, &yy, out + j, 1);
    } else {
      row_values(kernel, u.high, {v.high, 1, y.cols}, out + j);
    }
  }
}

}  // namespace bochner::kernels
