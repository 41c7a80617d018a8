// SPDX-License-Identifier: Apache-2.0
#include "pipeline/baselines.hpp"

#include "bochner/client/gram/matrix.hpp"
#include "core/door.hpp"
#include "linalg/cholesky.hpp"
#include "simd/engine.hpp"

#include <numeric>
#include <utility>

namespace bochner::pipeline {
namespace {

/// x with a^-1 x = b for the symmetric positive definite matrix whose lower triangle is in `a`.
Matrix<double> solve(Matrix<double> a, Matrix<double> b, const Execution& execution) {
  const MatrixView<double> square = a.view().middle_cols(0, a.rows());
  if (linalg::cholesky(square, execution)) {
    Door("baselines").refuse("a system is singular; fit with a larger ridge");
  }
  linalg::solve_transposed(square, b.view(), execution);
  linalg::solve_upper(square, b.view(), execution);
  return b;
}

/// Kernel ridge with an intercept, dual: alpha = (K + W lambda diag(1 / w))^-1 (y - c), W the sum
/// of the weights w, c such that alpha sums to zero.
Matrix<double> dual_predictions(Matrix<double> k, MatrixView<const double> cross,
                                MatrixView<const double> y, const std::vector<double>& weights,
                                double ridge, const Execution& execution) {
  const Index n = y.rows;
  const Index t = y.cols;
  const double weight = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (Index i = 0; i < n; ++i) k(i, i) += weight * ridge / weights[static_cast<std::size_t>(i)];
  Matrix<double> right(n, simd::padded<double>(t + 1));
  for (Index i = 0; i < n; ++i) {
    for (Index c = 0; c < t; ++c) right(i, c) = y(i, c) - y(0, c);
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
      double value = intercept + y(0, c);
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
                                  const std::vector<double>& weights, const Matrix<double>& rows,
                                  double ridge, const Execution& execution) {
  const Index d = x.cols();
  const auto at = [d](const Matrix<double>& m, Index i, Index j) { return j < d ? m(i, j) : 1.0; };
  Matrix<double> a(d + 1, simd::padded<double>(d + 1));
  Matrix<double> b(d + 1, simd::padded<double>(y.cols));
  for (Index i = 0; i < x.rows(); ++i) {
    const double weight = weights[static_cast<std::size_t>(i)];
    for (Index j = 0; j <= d; ++j) {
      const double weighted = weight * at(x, i, j);
      for (Index k = 0; k <= j; ++k) a(j, k) += weighted * at(x, i, k);
      for (Index c = 0; c < y.cols; ++c) b(j, c) += weighted * (y(i, c) - y(0, c));
    }
  }
  const double weight = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (Index j = 0; j < d; ++j) a(j, j) += weight * ridge;
  const Matrix<double> theta = solve(std::move(a), std::move(b), execution);
  Matrix<double> out(rows.rows(), y.cols);
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index c = 0; c < y.cols; ++c) {
      for (Index j = 0; j <= d; ++j) out(i, c) += at(rows, i, j) * theta(j, c);
      out(i, c) += y(0, c);
    }
  }
  return out;
}

}  // namespace

std::vector<Baseline> baselines(const Model& model, MatrixView<const double> training,
                                std::span<const double> weights, MatrixView<const double> rows,
                                const Execution& execution) {
  const auto inputs = static_cast<Index>(model.inputs.size());
  const auto targets = static_cast<Index>(model.targets.size());
  // Rows without weight are as good as absent, and the dual system has no place for them.
  std::vector<double> positive;
  for (const double weight : weights) {
    if (weight > 0.0) positive.push_back(weight);
  }
  const auto n = static_cast<Index>(positive.size());
  Matrix<double> x(n, inputs);
  Matrix<double> targets_of(n, targets);
  for (Index i = 0, to = 0; i < training.rows; ++i) {
    if (!(weights[static_cast<std::size_t>(i)] > 0.0)) continue;
    model.standardisation.apply<double>(training.middle_rows(i, 1).middle_cols(0, inputs),
                                        x.view().middle_rows(to, 1));
    for (Index c = 0; c < targets; ++c) targets_of(to, c) = training(i, inputs + c);
    ++to;
  }
  const MatrixView<const double> y = std::as_const(targets_of).view();
  Matrix<double> unseen(rows.rows, inputs);
  model.standardisation.apply<double>(rows, unseen.view());
  const Kernel& kernel = model.spec().kernel;
  Matrix<double> k(x.rows(), simd::padded<double>(x.rows()));
  Matrix<double> cross(unseen.rows(), x.rows());
  exact_gram(kernel, x, x, k.view().middle_cols(0, x.rows()), execution);
  exact_gram(kernel, unseen, x, cross.view(), execution);
  std::vector<Baseline> out;
  out.push_back(
      {"linear ridge", linear_predictions(x, y, positive, unseen, model.ridge(), execution)});
  out.push_back({"exact kernel ridge", dual_predictions(std::move(k), cross.view(), y, positive,
                                                        model.ridge(), execution)});
  return out;
}

}  // namespace bochner::pipeline
