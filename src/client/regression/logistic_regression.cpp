// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/logistic_regression.hpp"

#include "bochner/client/regression/classes.hpp"
#include "client/regression/checks.hpp"
#include "client/regression/linear_model.hpp"
#include "client/regression/logistic_objective.hpp"
#include "client/regression/ridge_system.hpp"
#include "client/regression/row_operator.hpp"
#include "core/archive_entries.hpp"
#include "core/text.hpp"
#include "linalg/conjugate_gradients.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bochner {
namespace {

constexpr Door kLogisticRegression("LogisticRegression");
constexpr std::string_view kLogisticKind = "logistic_regression";
constexpr Index kMaxInnerIterations = 200;
/// Armijo's share of the decrease that the gradient promises.
constexpr double kSufficient = 1e-4;
constexpr int kMaxHalvings = 40;
/// Approximate Wolfe conditions: the objective may rise by this share of itself, which is more than
/// its rounding, where the slope says that it falls; and the shares of the slope at the start
/// between which the slope must lie [Hager05].
constexpr double kValueRounding = 1e-6;
constexpr double kLowestSlope = 0.9;
constexpr double kHighestSlope = 2.0 * 0.1 - 1.0;

using View = MatrixView<double>;
using ConstView = MatrixView<const double>;

double inner_product(const Matrix<double>& a, const Matrix<double>& b) {
  double sum = 0.0;
  for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
  return sum;
}

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
    system_ =
        regression::ridge_system(kLogisticRegression, equations, options.intercept, execution);
    // A / (2 W) + lambda = (A + W 2 lambda) / (2 W).
    regression::factorise_or_refuse(kLogisticRegression, system_, 2.0 * options.ridge, execution);
  }

  void solve(ConstView x, View out) const {
    const Index n = x.rows - 1;
    Matrix<double> columns(n, simd::padded<double>(x.cols));
    for (Index j = 0; j < n; ++j) {
      for (Index c = 0; c < x.cols; ++c) columns(j, c) = x(j, c);
    }
    regression::solve_factored(system_.square(), columns.view().middle_cols(0, x.cols), execution_);
    const double scale = 2.0 * system_.weight;
    for (Index c = 0; c < x.cols; ++c) {
      for (Index j = 0; j < n; ++j) out(j, c) = scale * columns(j, c);
      out(n, c) = 2.0 * x(n, c);
    }
  }

 private:
  regression::RidgeSystem system_;  ///< factorised
  Execution execution_;
};

template <Scalar T>
struct Fitted {
  std::shared_ptr<const regression::LinearModel<T>> scores;
  LogisticReport report;
};

void require_options(const LogisticOptions& options) {
  regression::require_ridge(kLogisticRegression, options.ridge);
  kLogisticRegression.positive("ridge", options.ridge)
      .positive("tolerance", options.tolerance)
      .at_least("max_steps", options.max_steps, 1);
}

/// Newton's method from zero, one step after the other.
template <Scalar T>
class Newton {
 public:
  Newton(regression::LogisticObjective<T>& objective, const BoundPreconditioner& bound, Index rows,
         Index classes)
      : objective_(objective),
        bound_(bound),
        rows_(objective.features() + 1),
        classes_(classes),
        point_(rows_, classes),
        step_(rows_, classes),
        slope_(rows_, classes),
        next_slope_(rows_, classes),
        outputs_(rows, classes),
        change_(rows, classes),
        probabilities_(rows, classes) {}

  const Matrix<double>& point() const { return point_; }

  LogisticReport run(const LogisticOptions& options) {
    LogisticReport report;
    report.objective = objective_.value(point_, probabilities_);
    objective_.gradient(point_, probabilities_, slope_);
    const double start = std::sqrt(inner_product(slope_, slope_));
    report.gradient = start > 0.0 ? 1.0 : 0.0;
    while (report.gradient > options.tolerance && report.steps < options.max_steps) {
      find_step(report, options);
      if (!take_step(report.objective)) {
        report.outcome = LogisticOutcome::precision;
        break;
      }
      ++report.steps;
      report.gradient = std::sqrt(inner_product(slope_, slope_)) / start;
      if (options.on_iteration) options.on_iteration(report);
    }
    report.converged = report.gradient <= options.tolerance;
    if (report.converged) report.outcome = LogisticOutcome::converged;
    return report;
  }

 private:
  template <class V>
  V as_point(V column) const {
    return V(column.data, rows_, classes_);
  }

  /// step = -H^-1 slope, as closely as is worth it; counts the products with H.
  void find_step(LogisticReport& report, const LogisticOptions& options) {
    const Index size = slope_.size();
    Matrix<double> downhill(rows_, classes_);
    for (Index k = 0; k < size; ++k) downhill.data()[k] = -slope_.data()[k];
    std::fill_n(step_.data(), size, 0.0);
    const linalg::LinearOperator hessian = [&](ConstView v, View out) {
      objective_.hessian(probabilities_, as_point(v), as_point(out));
    };
    const linalg::LinearOperator precondition = [&](ConstView v, View out) {
      bound_.solve(as_point(v), as_point(out));
    };
    const auto outcome = linalg::conjugate_gradients(
        hessian, precondition, ConstView(downhill.data(), size, 1), View(step_.data(), size, 1),
        {.tolerance = std::min(0.1, std::sqrt(report.gradient)),
         .max_iterations = kMaxInnerIterations,
         .on_iteration = [&](Index iterations, double) {
           if (!options.on_iteration) return;
           LogisticReport now = report;
           now.products += iterations;
           options.on_iteration(now);
         }});
    report.products += outcome.iterations;
  }

  /// Moves along the step, shortened until the objective falls enough; false where it does not.
  bool take_step(double& lowest) {
    objective_.outputs(step_, change_);
    const double promise = inner_product(slope_, step_);
    if (!(promise < 0.0)) return false;
    const Matrix<double> from = point_;
    const bool visible = -promise > std::numeric_limits<double>::epsilon() * std::abs(lowest);
    const int lengths = visible ? kMaxHalvings : 1;
    double length = 1.0;
    for (int halving = 0; halving < lengths; ++halving, length /= 2.0) {
      for (Index k = 0; k < point_.size(); ++k) {
        point_.data()[k] = from.data()[k] + length * step_.data()[k];
      }
      for (Index k = 0; k < outputs_.size(); ++k) {
        probabilities_.data()[k] = outputs_.data()[k] + length * change_.data()[k];
      }
      const double value = objective_.value(point_, probabilities_);
      if (!(visible ? falls(value, lowest, length, promise) : flattens())) continue;
      std::swap(slope_, next_slope_);
      for (Index k = 0; k < outputs_.size(); ++k) outputs_.data()[k] += length * change_.data()[k];
      lowest = value;
      return true;
    }
    point_ = from;
    return false;
  }

  /// Whether the objective falls enough from `lowest` to `value` at the point, whose gradient is in
  /// next_slope_ then.
  bool falls(double value, double lowest, double length, double promise) {
    const bool sufficient = value <= lowest + kSufficient * length * promise;
    if (!sufficient && !(value <= lowest + kValueRounding * std::abs(lowest))) return false;
    objective_.gradient(point_, probabilities_, next_slope_);
    if (sufficient) return true;
    const double slope = inner_product(next_slope_, step_);
    return kLowestSlope * promise <= slope && slope <= kHighestSlope * promise;
  }

  /// Whether the gradient, in next_slope_ then, is smaller at the point: all that can be seen of a
  /// step that changes the objective by less than its rounding.
  bool flattens() {
    objective_.gradient(point_, probabilities_, next_slope_);
    return inner_product(next_slope_, next_slope_) < inner_product(slope_, slope_);
  }

  regression::LogisticObjective<T>& objective_;
  const BoundPreconditioner& bound_;
  Index rows_;  ///< of a point
  Index classes_;
  Matrix<double> point_, step_, slope_, next_slope_;
  Matrix<double> outputs_, change_, probabilities_;
};

/// Out of centred coordinates.
template <Scalar T>
std::shared_ptr<const regression::LinearModel<T>> model_at(const Matrix<double>& point,
                                                           const FeatureMap<T>& map,
                                                           std::span<const double> mean_features,
                                                           Intercept intercept) {
  const Index features = map.num_features();
  const Index classes = point.cols();
  Matrix<double> theta(features, classes);
  std::vector<double> intercepts(static_cast<std::size_t>(classes));
  double mean = 0.0;
  for (Index c = 0; c < classes; ++c) {
    double& own = intercepts[static_cast<std::size_t>(c)];
    if (intercept == Intercept::fitted) own = point(features, c);
    for (Index j = 0; j < features; ++j) {
      theta(j, c) = point(j, c);
      own -= mean_features[static_cast<std::size_t>(j)] * point(j, c);
    }
    mean += own / static_cast<double>(classes);
  }
  for (double& own : intercepts) own -= mean;
  return std::make_shared<const regression::LinearModel<T>>(
      kLogisticRegression, map, std::move(theta), std::move(intercepts));
}

template <Scalar T>
Fitted<T> fit(const FeatureMap<T>& map, const LabelledRows<T>& rows, Index classes,
              const LogisticOptions& options, const Execution& execution) {
  require_options(options);
  regression::require_labelled_rows(kLogisticRegression, rows, map.input_dim(), classes);
  const Matrix<double> zeros(rows.x.rows, 1);
  const TrainingRows<T> weighted{rows.x, zeros.view(), rows.weights};
  const regression::RowOperator<T> model(kLogisticRegression, map, weighted, options.intercept,
                                         execution);
  const BoundPreconditioner bound(map, weighted, options, execution);
  regression::LogisticObjective<T> objective(model, rows, {rows.x, zeros.view(), {}}, classes,
                                             options);
  Newton<T> newton(objective, bound, rows.x.rows, classes);
  const LogisticReport report = newton.run(options);
  return {model_at(newton.point(), map, model.mean_features(), options.intercept), report};
}

}  // namespace

template <Scalar T>
LogisticRegression<T>::LogisticRegression(std::shared_ptr<const regression::LinearModel<T>> scores,
                                          const LogisticOptions& options,
                                          const LogisticReport& report)
    : scores_(std::move(scores)), options_(options), report_(report) {}

template <Scalar T>
LogisticRegression<T>::LogisticRegression(FeatureMap<T> map, const LabelledRows<T>& rows,
                                          Index num_classes, const LogisticOptions& options,
                                          const Execution& execution)
    : options_(options) {
  Fitted<T> fitted = fit(map, rows, num_classes, options, execution);
  scores_ = std::move(fitted.scores);
  report_ = fitted.report;
  options_.on_iteration = nullptr;
}

template <Scalar T>
const FeatureMap<T>& LogisticRegression<T>::map() const noexcept {
  return scores_->map();
}

template <Scalar T>
Index LogisticRegression<T>::num_classes() const noexcept {
  return scores_->num_outputs();
}

template <Scalar T>
const Matrix<double>& LogisticRegression<T>::coefficients() const noexcept {
  return scores_->coefficients();
}

template <Scalar T>
std::span<const double> LogisticRegression<T>::intercepts() const noexcept {
  return scores_->intercepts();
}

template <Scalar T>
void LogisticRegression<T>::predict_probabilities(MatrixView<const T> x, MatrixView<T> out,
                                                  const Execution& execution) const {
  constexpr Door kDoor("LogisticRegression::predict_probabilities");
  kDoor.shape("out", out, x.rows, num_classes(), "rows of x, num_classes");
  Matrix<double> scores(x.rows, num_classes());
  scores_->predict(kDoor, x, scores.view(), execution);
  for (Index i = 0; i < out.rows; ++i) {
    regression::softmax(scores.row(i), num_classes());
    for (Index c = 0; c < num_classes(); ++c) out(i, c) = static_cast<T>(scores(i, c));
  }
}

template <Scalar T>
std::vector<Index> LogisticRegression<T>::predict(MatrixView<const T> x,
                                                  const Execution& execution) const {
  Matrix<double> scores(x.rows, num_classes());
  scores_->predict(Door("LogisticRegression::predict"), x, scores.view(), execution);
  return largest_output<double>(scores.view());
}

template <Scalar T>
Archive LogisticRegression<T>::save() const {
  // The format is that of a ridge regression, whose posterior and variances say nothing here.
  Archive archive;
  archive.metadata = {{"kind", std::string(kLogisticKind)},
                      {"ridge", text::number(options_.ridge)},
                      {"intercept", std::string(name_of(options_.intercept))},
                      {"posterior", std::string(name_of(Posterior::mean))}};
  scores_->save(archive);
  archive.arrays.emplace("noise_variances", Matrix<double>(1, num_classes()));
  require_finite(archive);
  return archive;
}

template <Scalar T>
LogisticRegression<T> LogisticRegression<T>::load(const Archive& archive) {
  constexpr Door kDoor("LogisticRegression::load");
  require_kind(kDoor, archive, kLogisticKind);
  const LogisticOptions options{
      .ridge = archive.number("ridge"),
      .intercept = load_enumerator<Intercept>(kDoor, archive, "intercept")};
  regression::require_ridge(kDoor, options.ridge);
  auto scores = std::make_shared<const regression::LinearModel<T>>(
      regression::LinearModel<T>::load(kDoor, archive));
  if (scores->num_outputs() < 2) kDoor.refuse("the archive holds fewer than two classes");
  // What the format has of a ridge regression must be there, too.
  load_enumerator<Posterior>(kDoor, archive, "posterior");
  load_vector(archive, "noise_variances", scores->num_outputs());
  return LogisticRegression(std::move(scores), options, {});
}

template class LogisticRegression<float>;
template class LogisticRegression<double>;

}  // namespace bochner
