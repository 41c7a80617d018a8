// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/logistic_regression.hpp"

#include "bochner/client/regression/classes.hpp"
#include "client/regression/checks.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/ridge_system.hpp"
#include "client/regression/row_operator.hpp"
#include "core/text.hpp"
#include "linalg/cholesky.hpp"
#include "linalg/conjugate_gradients.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace bochner {
namespace {

constexpr const char* kLogisticRegression = "LogisticRegression";
constexpr std::string_view kLogisticKind = "logistic_regression";
constexpr Index kMaxInnerIterations = 200;
/// Armijo's share of the decrease that the gradient promises.
constexpr double kSufficient = 1e-4;
constexpr int kMaxHalvings = 40;

using View = MatrixView<double>;
using ConstView = MatrixView<const double>;

double inner_product(const Matrix<double>& a, const Matrix<double>& b) {
  double sum = 0.0;
  for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
  return sum;
}

/// Outputs to probabilities; returns the logarithm of the sum of exponentials.
double softmax(double* row, Index classes) {
  const double largest = *std::max_element(row, row + classes);
  double sum = 0.0;
  for (Index c = 0; c < classes; ++c) sum += row[c] = std::exp(row[c] - largest);
  for (Index c = 0; c < classes; ++c) row[c] /= sum;
  return largest + std::log(sum);
}

/// The objective in centred coordinates: rows 0 .. D - 1 of a point are theta, row D the intercepts
/// of centred features.
template <Scalar T>
class Objective {
 public:
  Objective(const regression::RowOperator<T>& model, const LabelledRows<T>& rows,
            const TrainingRows<T>& unweighted, Index classes, const LogisticOptions& options)
      : z_(model, unweighted, 1.0),
        rows_(rows),
        options_(options),
        features_(static_cast<Index>(model.mean_features().size())),
        classes_(classes),
        weight_(model.weight()),
        scratch_(rows.x.rows, classes) {}

  Index features() const { return features_; }

  /// out = f of every row at a point (or along a direction).
  void outputs(const Matrix<double>& point, Matrix<double>& out) const {
    z_.multiply(point.view().middle_rows(0, features_), out.view());
    for (Index i = 0; i < out.rows(); ++i) {
      for (Index c = 0; c < classes_; ++c) out(i, c) += point(features_, c);
    }
  }

  /// Value at a point with these outputs, which become probabilities.
  double value(const Matrix<double>& point, Matrix<double>& outputs) const {
    double loss = 0.0;
    for (Index i = 0; i < outputs.rows(); ++i) {
      const double own = outputs(i, rows_.labels[static_cast<std::size_t>(i)]);
      loss += row_weight(i) * (softmax(outputs.row(i), classes_) - own);
    }
    double square = 0.0;
    for (Index j = 0; j < features_; ++j) {
      for (Index c = 0; c < classes_; ++c) square += point(j, c) * point(j, c);
    }
    return loss / weight_ + 0.5 * options_.ridge * square;
  }

  void gradient(const Matrix<double>& point, const Matrix<double>& probabilities,
                Matrix<double>& out) {
    for (Index i = 0; i < scratch_.rows(); ++i) {
      const Index label = rows_.labels[static_cast<std::size_t>(i)];
      for (Index c = 0; c < classes_; ++c) {
        scratch_(i, c) = row_weight(i) * (probabilities(i, c) - (c == label ? 1.0 : 0.0));
      }
    }
    finish(point.view(), out.view());
  }

  /// out = H v.
  void hessian(const Matrix<double>& probabilities, ConstView v, View out) {
    z_.multiply(v.middle_rows(0, features_), scratch_.view());
    for (Index i = 0; i < scratch_.rows(); ++i) {
      double mean = 0.0;
      for (Index c = 0; c < classes_; ++c) {
        scratch_(i, c) += v(features_, c);
        mean += probabilities(i, c) * scratch_(i, c);
      }
      for (Index c = 0; c < classes_; ++c) {
        scratch_(i, c) = row_weight(i) * probabilities(i, c) * (scratch_(i, c) - mean);
      }
    }
    finish(v, out);
  }

 private:
  double row_weight(Index i) const {
    return rows_.weights.empty() ? 1.0
                                 : static_cast<double>(rows_.weights[static_cast<std::size_t>(i)]);
  }

  /// out = [Z 1]^T scratch / W + lambda point.
  void finish(ConstView point, View out) {
    z_.multiply_transposed(scratch_.view(), out.middle_rows(0, features_));
    for (Index j = 0; j < features_; ++j) {
      for (Index c = 0; c < classes_; ++c) {
        out(j, c) = out(j, c) / weight_ + options_.ridge * point(j, c);
      }
    }
    for (Index c = 0; c < classes_; ++c) {
      // The intercepts' common shift changes nothing; a curvature of one keeps the system regular.
      double shift = 0.0;
      for (Index b = 0; b < classes_; ++b) {
        shift += point(features_, b) / static_cast<double>(classes_);
      }
      double sum = 0.0;
      for (Index i = 0; i < scratch_.rows(); ++i) sum += scratch_(i, c);
      const bool fitted = options_.intercept == Intercept::fitted;
      out(features_, c) = fitted ? sum / weight_ + shift : point(features_, c);
    }
  }

  regression::RowOperator<T> z_;
  LabelledRows<T> rows_;
  LogisticOptions options_;
  Index features_;
  Index classes_;
  double weight_;
  Matrix<double> scratch_;
};

/// (A / (2 W) + lambda I)^-1 on theta, A the centred moments, and 2 on the intercepts: the Hessian
/// is at most A / (2 W) + lambda I for every class [Bohning92].
class BoundPreconditioner {
 public:
  template <Scalar T>
  BoundPreconditioner(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                      const LogisticOptions& options, const Execution& execution)
      : execution_(execution) {
    NormalEquations<T> equations(map);
    equations.add(rows, execution);
    regression::RidgeSystem system =
        regression::ridge_system(kLogisticRegression, equations.moments(execution),
                                 map.num_features(), 1, equations.num_rows(), options.intercept);
    // A / (2 W) + lambda = (A + W 2 lambda) / (2 W).
    regression::factorise_or_refuse(kLogisticRegression, system, 2.0 * options.ridge, execution);
    scale_ = 2.0 * system.weight;
    r_ = std::move(system.a);
  }

  void solve(ConstView x, View out) const {
    const Index n = x.rows - 1;
    Matrix<double> columns(n, simd::padded<double>(x.cols));
    for (Index j = 0; j < n; ++j) {
      for (Index c = 0; c < x.cols; ++c) columns(j, c) = x(j, c);
    }
    const ConstView r = r_.view().middle_rows(0, n).middle_cols(0, n);
    linalg::solve_transposed(r, columns.view().middle_cols(0, x.cols), execution_);
    linalg::solve_upper(r, columns.view().middle_cols(0, x.cols), execution_);
    for (Index c = 0; c < x.cols; ++c) {
      for (Index j = 0; j < n; ++j) out(j, c) = scale_ * columns(j, c);
      out(n, c) = 2.0 * x(n, c);
    }
  }

 private:
  Matrix<double> r_;
  double scale_ = 1.0;
  Execution execution_;
};

template <Scalar T>
struct Fitted {
  RidgeRegression<T> scores;
  LogisticReport report;
};

void check_options(const LogisticOptions& options) {
  const auto refuse = [](const std::string& what) {
    throw InvalidArgument(std::string(kLogisticRegression) + ": " + what);
  };
  regression::check_ridge(kLogisticRegression, options.ridge);
  if (options.ridge == 0.0) refuse("ridge is 0, expected a positive number");
  if (!(options.tolerance > 0.0) || !std::isfinite(options.tolerance)) {
    refuse("tolerance is " + text::number(options.tolerance) + ", expected a positive number");
  }
  if (options.max_steps < 1) {
    refuse("max_steps is " + std::to_string(options.max_steps) + ", expected at least 1");
  }
}

template <Scalar T>
Fitted<T> fit(const FeatureMap<T>& map, const LabelledRows<T>& rows, Index classes,
              const LogisticOptions& options, const Execution& execution) {
  check_options(options);
  regression::check_labelled_rows(kLogisticRegression, rows, map.input_dim(), classes);
  const Matrix<double> zeros(rows.x.rows, 1);
  const TrainingRows<T> weighted{rows.x, zeros.view(), rows.weights};
  const regression::RowOperator<T> model(kLogisticRegression, map, weighted, options.intercept,
                                         execution);
  const BoundPreconditioner bound(map, weighted, options, execution);
  Objective<T> objective(model, rows, {rows.x, zeros.view(), {}}, classes, options);

  const Index features = objective.features();
  const Index size = (features + 1) * classes;
  Matrix<double> point(features + 1, classes), step(features + 1, classes);
  Matrix<double> slope(features + 1, classes), downhill(features + 1, classes);
  Matrix<double> outputs(rows.x.rows, classes), change(rows.x.rows, classes);
  Matrix<double> probabilities = outputs;
  const auto as_point = [&](auto view) { return MatrixView(view.data, features + 1, classes); };
  const linalg::LinearOperator hessian = [&](ConstView v, View out) {
    objective.hessian(probabilities, as_point(v), as_point(out));
  };
  const linalg::LinearOperator precondition = [&](ConstView v, View out) {
    bound.solve(as_point(v), as_point(out));
  };

  LogisticReport report;
  report.objective = objective.value(point, probabilities);
  objective.gradient(point, probabilities, slope);
  const double start = std::sqrt(inner_product(slope, slope));
  report.gradient = start > 0.0 ? 1.0 : 0.0;
  while (report.gradient > options.tolerance && report.steps < options.max_steps) {
    for (Index k = 0; k < size; ++k) downhill.data()[k] = -slope.data()[k];
    std::fill_n(step.data(), size, 0.0);
    const auto inner = linalg::conjugate_gradients(
        hessian, precondition, ConstView(downhill.data(), size, 1), View(step.data(), size, 1),
        {.tolerance = std::min(0.1, std::sqrt(report.gradient)),
         .max_iterations = kMaxInnerIterations});
    report.products += inner.iterations;
    objective.outputs(step, change);
    const double promise = inner_product(slope, step);
    const Matrix<double> from = point;
    double length = 1.0;
    bool lower = false;
    for (int halving = 0; halving < kMaxHalvings && !lower; ++halving, length /= 2.0) {
      for (Index k = 0; k < size; ++k) point.data()[k] = from.data()[k] + length * step.data()[k];
      for (Index k = 0; k < outputs.size(); ++k) {
        probabilities.data()[k] = outputs.data()[k] + length * change.data()[k];
      }
      const double value = objective.value(point, probabilities);
      lower = value <= report.objective + kSufficient * length * promise;
      if (!lower) continue;
      for (Index k = 0; k < outputs.size(); ++k) outputs.data()[k] += length * change.data()[k];
      report.objective = value;
      break;
    }
    if (!lower) {  // at the precision of the objective
      point = from;
      break;
    }
    ++report.steps;
    objective.gradient(point, probabilities, slope);
    report.gradient = std::sqrt(inner_product(slope, slope)) / start;
  }
  report.converged = report.gradient <= options.tolerance;

  Matrix<double> theta(features, classes);
  std::vector<double> intercepts(static_cast<std::size_t>(classes));
  double mean = 0.0;
  for (Index c = 0; c < classes; ++c) {
    double& intercept = intercepts[static_cast<std::size_t>(c)];
    if (options.intercept == Intercept::fitted) intercept = point(features, c);
    for (Index j = 0; j < features; ++j) {
      theta(j, c) = point(j, c);
      intercept -= model.mean_features()[static_cast<std::size_t>(j)] * point(j, c);
    }
    mean += intercept / static_cast<double>(classes);
  }
  for (double& intercept : intercepts) intercept -= mean;
  return {RidgeRegression<T>(map, {.ridge = options.ridge, .intercept = options.intercept},
                             std::move(theta), std::move(intercepts),
                             std::vector<double>(static_cast<std::size_t>(classes))),
          report};
}

}  // namespace

template <Scalar T>
LogisticRegression<T>::LogisticRegression(RidgeRegression<T> scores, const LogisticOptions& options,
                                          const LogisticReport& report)
    : scores_(std::move(scores)), options_(options), report_(report) {}

template <Scalar T>
LogisticRegression<T>::LogisticRegression(FeatureMap<T> map, const LabelledRows<T>& rows,
                                          Index num_classes, const LogisticOptions& options,
                                          const Execution& execution)
    : LogisticRegression([&] {
        Fitted<T> fitted = fit(map, rows, num_classes, options, execution);
        return LogisticRegression(std::move(fitted.scores), options, fitted.report);
      }()) {}

template <Scalar T>
void LogisticRegression<T>::predict_probabilities(MatrixView<const T> x, MatrixView<T> out,
                                                  const Execution& execution) const {
  regression::check_out("LogisticRegression::predict_probabilities", "out", out, x.rows,
                        num_classes(), "rows of x, num_classes");
  Matrix<double> scores(x.rows, num_classes());
  scores_.predict(x, scores.view(), execution);
  for (Index i = 0; i < out.rows; ++i) {
    softmax(scores.row(i), num_classes());
    for (Index c = 0; c < num_classes(); ++c) out(i, c) = static_cast<T>(scores(i, c));
  }
}

template <Scalar T>
std::vector<Index> LogisticRegression<T>::predict(MatrixView<const T> x,
                                                  const Execution& execution) const {
  Matrix<double> outputs(x.rows, num_classes());
  scores_.predict(x, outputs.view(), execution);
  return largest_output<double>(outputs.view());
}

template <Scalar T>
Archive LogisticRegression<T>::save() const {
  Archive archive = scores_.save();
  archive.metadata["kind"] = kLogisticKind;
  return archive;
}

template <Scalar T>
LogisticRegression<T> LogisticRegression<T>::load(const Archive& archive) {
  if (archive.word("kind") != kLogisticKind) {
    throw InvalidArgument("LogisticRegression::load: the archive holds a '" + archive.word("kind") +
                          "'");
  }
  Archive scores = archive;
  scores.metadata["kind"] = "ridge_regression";
  RidgeRegression<T> model = RidgeRegression<T>::load(scores);
  if (model.num_targets() < 2) {
    throw InvalidArgument("LogisticRegression::load: the archive holds fewer than two classes");
  }
  const LogisticOptions options{.ridge = model.options().ridge,
                                .intercept = model.options().intercept};
  return LogisticRegression(std::move(model), options, {});
}

template class LogisticRegression<float>;
template class LogisticRegression<double>;

}  // namespace bochner
