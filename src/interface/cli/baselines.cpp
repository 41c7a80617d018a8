// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/baselines.hpp"

#include "bochner/client/gram/matrix.hpp"
#include "bochner/core/error.hpp"
#include "linalg/cholesky.hpp"
#include "simd/engine.hpp"

#include <utility>

namespace bochner::cli {
namespace {

/// x with a^-1 x = b for the symmetric positive definite matrix whose lower triangle is in `a`.
Matrix<double> solve(Matrix<double> a, Matrix<double> b, const Execution& execution) {
  const MatrixView<double> square = a.view().middle_cols(0, a.rows());
  if (linalg::cholesky(square, execution)) {
    throw InvalidArgument("baselines: a system is singular; fit with a larger ridge");
  }
  linalg::solve_transposed(square, b.view(), execution);
  linalg::solve_upper(square, b.view(), execution);
  return b;
}

/// Kernel ridge with an intercept, dual: alpha = (K + n lambda I)^-1 (y - c), c such that alpha
/// sums to zero.
Matrix<double> dual_predictions(Matrix<double> k, MatrixView<const double> cross,
                                MatrixView<const double> y, double ridge,
                                const Execution& execution) {
  const Index n = y.rows;
  const Index t = y.cols;
  for (Index i = 0; i < n; ++i) k(i, i) += static_cast<double>(n) * ridge;
  Matrix<double> right(n, simd::padded<double>(t + 1));
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < t; ++c) right(i, c) = y(i, c);
    right(i, t) = 1.0;
  }
  const Matrix<double> solved = solve(std::move(k), std::move(right), execution);
  Matrix<double> out(cross.rows, t);
  for (Index c = 0; c < t; ++c) {
    double sum = 0.0;
    double ones = 0.0;
    for (Index i = 0; i < n; ++i) {
      sum += solved(i, c);
      ones += solved(i, t);
    }
    const double intercept = sum / ones;
    for (Index r = 0; r < cross.rows; ++r) {
      double value = intercept;
      for (Index i = 0; i < n; ++i) {
        value += cross(r, i) * (solved(i, c) - intercept * solved(i, t));
      }
      out(r, c) = value;
    }
  }
  return out;
}

/// Linear ridge on the standardised inputs and a constant.
Matrix<double> linear_predictions(const Matrix<double>& x, MatrixView<const double> y,
                                  const Matrix<double>& rows, double ridge,
                                  const Execution& execution) {
  const Index d = x.cols();
  const auto at = [d](const Matrix<double>& m, Index i, Index j) { return j < d ? m(i, j) : 1.0; };
  Matrix<double> a(d + 1, simd::padded<double>(d + 1));
  Matrix<double> b(d + 1, simd::padded<double>(y.cols));
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j <= d; ++j) {
      for (Index k = 0; k <= j; ++k) a(j, k) += at(x, i, j) * at(x, i, k);
      for (Index c = 0; c < y.cols; ++c) b(j, c) += at(x, i, j) * y(i, c);
    }
  }
  for (Index j = 0; j < d; ++j) a(j, j) += static_cast<double>(x.rows()) * ridge;
  const Matrix<double> theta = solve(std::move(a), std::move(b), execution);
  Matrix<double> out(rows.rows(), y.cols);
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index c = 0; c < y.cols; ++c) {
      for (Index j = 0; j <= d; ++j) out(i, c) += at(rows, i, j) * theta(j, c);
    }
  }
  return out;
}

}  // namespace

std::vector<Baseline> baselines(const Model& model, MatrixView<const double> training,
                                MatrixView<const double> rows, const Execution& execution) {
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto targets = static_cast<Index>(model.targets.size());
  const MatrixView<const double> y = training.middle_cols(inputs, targets);
  Matrix<double> x(training.rows, inputs);
  Matrix<double> unseen(rows.rows, inputs);
  model.standardisation.apply<double>(training.middle_cols(0, inputs), x.view());
  model.standardisation.apply<double>(rows, unseen.view());
  const Kernel& kernel = model.spec().kernel;
  Matrix<double> k(x.rows(), simd::padded<double>(x.rows()));
  Matrix<double> cross(unseen.rows(), x.rows());
  exact_gram(kernel, x, x, k.view().middle_cols(0, x.rows()), execution);
  exact_gram(kernel, unseen, x, cross.view(), execution);
  std::vector<Baseline> out;
  out.push_back({"linear ridge", linear_predictions(x, y, unseen, model.ridge(), execution)});
  out.push_back({"exact kernel ridge",
                 dual_predictions(std::move(k), cross.view(), y, model.ridge(), execution)});
  return out;
}

}  // namespace bochner::cli
