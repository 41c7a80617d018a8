// SPDX-License-Identifier: Apache-2.0
#include "linalg/conjugate_gradients.hpp"

#include "bochner/core/matrix.hpp"
#include "linalg/copy.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bochner::linalg {
namespace {

using View = MatrixView<double>;
using ConstView = MatrixView<const double>;
using Columns = std::vector<double>;

/// One inner product a column.
Columns inner_products(ConstView a, ConstView b) {
  Columns sums(static_cast<std::size_t>(a.cols));
  for (Index i = 0; i < a.rows; ++i) {
    for (Index j = 0; j < a.cols; ++j) sums[static_cast<std::size_t>(j)] += a(i, j) * b(i, j);
  }
  return sums;
}

/// y += x diag(factor)
void add_scaled(ConstView x, const Columns& factor, View y) {
  for (Index i = 0; i < y.rows; ++i) {
    for (Index j = 0; j < y.cols; ++j) y(i, j) += factor[static_cast<std::size_t>(j)] * x(i, j);
  }
}

}  // namespace

ConjugateGradientsReport conjugate_gradients(const LinearOperator& a,
                                             const LinearOperator& preconditioner,
                                             MatrixView<const double> b, MatrixView<double> x,
                                             const ConjugateGradientsOptions& options) {
  using enum ConjugateGradientsOutcome;
  const auto columns = static_cast<std::size_t>(b.cols);
  Matrix<double> solution(b.rows, b.cols), residual(b.rows, b.cols), direction(b.rows, b.cols);
  Matrix<double> image(b.rows, b.cols), preconditioned(b.rows, b.cols);
  const auto precondition = [&] {
    if (preconditioner) {
      preconditioner(residual, preconditioned);
    } else {
      copy(residual, preconditioned);
    }
  };

  ConjugateGradientsReport report;
  const Columns scale = inner_products(b, b);
  // A column with b = 0 has the solution 0, and then no scale to measure a residual by.
  copy(x, solution);
  for (std::size_t j = 0; j < columns; ++j) {
    if (scale[j] != 0.0) continue;
    for (Index i = 0; i < b.rows; ++i) solution(i, static_cast<Index>(j)) = 0.0;
  }
  copy(b, residual);
  const auto is_zero = [](double entry) { return entry == 0.0; };
  if (!std::all_of(solution.data(), solution.data() + solution.size(), is_zero)) {
    a(solution, image);
    add_scaled(image, Columns(columns, -1.0), residual);
  }

  std::vector<bool> active(columns, true);
  const auto measure = [&] {
    const Columns squares = inner_products(residual, residual);
    report.residual = 0.0;
    report.outcome = converged;
    for (std::size_t j = 0; j < columns; ++j) {
      const double relative = scale[j] == 0.0 ? 0.0 : std::sqrt(squares[j] / scale[j]);
      report.residual = std::isnan(relative) ? relative : std::max(report.residual, relative);
      active[j] = !(relative <= options.tolerance);
      if (active[j]) report.outcome = iteration_limit;
    }
  };

  measure();
  Columns step(columns), renewal(columns);
  Columns previous;
  while (report.outcome != converged && report.iterations < options.max_iterations) {
    precondition();
    const Columns decrease = inner_products(residual, preconditioned);
    for (std::size_t j = 0; j < columns; ++j) {
      renewal[j] = previous.empty() || !active[j] ? 0.0 : decrease[j] / previous[j];
    }
    for (Index i = 0; i < b.rows; ++i) {
      for (Index j = 0; j < b.cols; ++j) {
        direction(i, j) =
            preconditioned(i, j) + renewal[static_cast<std::size_t>(j)] * direction(i, j);
      }
    }
    previous = decrease;

    a(direction, image);
    ++report.iterations;
    const Columns curvature = inner_products(direction, image);
    for (std::size_t j = 0; j < columns; ++j) {
      step[j] = active[j] ? decrease[j] / curvature[j] : 0.0;
      if (active[j] && !(decrease[j] > 0.0 && curvature[j] > 0.0 && std::isfinite(step[j]))) {
        report.outcome = breakdown;
      }
    }
    if (report.outcome == breakdown) break;
    add_scaled(direction, step, solution);
    for (double& s : step) s = -s;
    add_scaled(image, step, residual);
    measure();
    if (options.on_iteration) options.on_iteration(report.iterations, report.residual);
  }
  copy(solution, x);
  return report;
}

}  // namespace bochner::linalg
