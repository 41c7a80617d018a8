// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// Multinomial logistic regression in feature space.

namespace bochner {

/// n rows with their classes. Views: nothing is copied.
template <Scalar T>
struct LabelledRows {
  MatrixView<const T> x;          ///< n x input_dim
  std::span<const Index> labels;  ///< n, each in [0, num_classes)
  std::span<const T> weights{};   ///< as in TrainingRows
};

/// Why the iteration ended.
enum class LogisticOutcome {
  converged,
  step_limit,  ///< after max_steps
  precision,   ///< no step along the direction of Newton's changes more than rounding does
};
constexpr std::array<std::string_view, 3> names_of(LogisticOutcome) {
  return {"converged", "step-limit", "precision"};
}

/// How the iteration ended.
struct LogisticReport {
  Index steps = 0;         ///< Newton steps
  Index products = 0;      ///< with the Hessian, two passes over the data in one
  double gradient = 0.0;   ///< its norm over that at zero
  double objective = 0.0;  ///< mean negative log-likelihood plus penalty
  bool converged = false;  ///< `gradient` is at most the tolerance
  LogisticOutcome outcome = LogisticOutcome::step_limit;

  static constexpr auto fields() {
    return std::tuple{Field{"steps", &LogisticReport::steps},
                      Field{"products", &LogisticReport::products},
                      Field{"gradient", &LogisticReport::gradient},
                      Field{"objective", &LogisticReport::objective},
                      Field{"converged", &LogisticReport::converged},
                      Field{"outcome", &LogisticReport::outcome}};
  }
};

struct LogisticOptions {
  /// lambda > 0: the penalty on |theta|^2 / 2 beside the *mean* negative log-likelihood.
  /// scikit-learn's C is 1 / (lambda n).
  double ridge = 1e-6;
  Intercept intercept = Intercept::fitted;
  double tolerance = 1e-6;  ///< on the gradient's norm over that at zero
  Index max_steps = 50;     ///< Newton steps
  /// Called with the report so far after every product with the Hessian and every step; an
  /// exception ends the fit. A model does not keep it.
  std::function<void(const LogisticReport&)> on_iteration{};

  static constexpr auto fields() {
    return std::tuple{Field{"ridge", &LogisticOptions::ridge},
                      Field{"intercept", &LogisticOptions::intercept},
                      Field{"tolerance", &LogisticOptions::tolerance},
                      Field{"max_steps", &LogisticOptions::max_steps}};
  }
  static constexpr auto borrowed() {
    return std::tuple{Field{"on_iteration", &LogisticOptions::on_iteration}};
  }
};

/// "7 Newton steps, 84 products, objective 0.21, relative gradient 3.2e-06", and why it is not
/// smaller where the tolerance was not reached.
BOCHNER_EXPORT std::string to_text(const LogisticReport& report);
BOCHNER_EXPORT std::ostream& operator<<(std::ostream& out, const LogisticReport& report);

/// P(class c | x) = exp(f_c(x)) / sum_b exp(f_b(x)), f_c(x) = theta_c . phi(x) + intercept_c,
/// minimising
///   -(1 / W) sum_i w_i ln P(class_i | x_i) + (lambda / 2) sum_c |theta_c|^2.
/// The intercepts sum to zero (with a ridge the thetas do by themselves).
///
/// ```cpp
/// Matrix<double> x(300, 1), probabilities(300, 3);
/// for (Index i = 0; i < 300; ++i) x(i, 0) = 0.01 * static_cast<double>(i);
/// std::vector<Index> labels(300);
/// for (std::size_t i = 0; i < 300; ++i) labels[i] = static_cast<Index>(i / 100);
/// const FeatureMap<double> map({.input_dim = 1, .num_frequencies = 64, .seed = {1}});
/// const LogisticRegression<double> model(map, {x, labels}, 3);
/// model.predict_probabilities(x, probabilities);
/// ```
template <Scalar T>
class LogisticRegression {
 public:
  /// Newton's method: each step is solved by conjugate gradients, preconditioned by the Cholesky
  /// factor of the Hessian's upper bound (Phi^T W Phi / 2 + lambda) [Bohning92], and shortened
  /// until the objective falls enough or, where its change is within rounding, until its slope
  /// along the step does (approximate Wolfe conditions, [Hager05]). O(n D^2 + D^3) once,
  /// O(n D num_classes) per product; the same bits for any number of threads. Throws
  /// InvalidArgument on options out of range, on rows as NormalEquations does, on a label out of
  /// range, and when fewer than two classes have a row of positive weight (a class of one row is
  /// fitted like any other).
  LogisticRegression(FeatureMap<T> map, const LabelledRows<T>& rows, Index num_classes,
                     const LogisticOptions& options = {}, const Execution& execution = {});

  const FeatureMap<T>& map() const noexcept;
  Index num_classes() const noexcept;
  const LogisticOptions& options() const noexcept { return options_; }
  const LogisticReport& report() const noexcept { return report_; }
  /// theta, num_features x num_classes.
  const Matrix<double>& coefficients() const noexcept;
  std::span<const double> intercepts() const noexcept;

  /// out(i, c) = P(class c | x_i), n x num_classes. Throws as RidgeRegression::predict.
  void predict_probabilities(MatrixView<const T> x, MatrixView<T> out,
                             const Execution& execution = {}) const;
  /// The most probable class of each row.
  std::vector<Index> predict(MatrixView<const T> x, const Execution& execution = {}) const;

  Archive save() const;
  /// Throws InvalidArgument when the archive does not hold one of these, saying what is wrong.
  static LogisticRegression load(const Archive& archive);

 private:
  LogisticRegression(std::shared_ptr<const regression::LinearModel<T>> scores,
                     const LogisticOptions& options, const LogisticReport& report);

  std::shared_ptr<const regression::LinearModel<T>> scores_;
  LogisticOptions options_;
  LogisticReport report_;
};

extern template class BOCHNER_EXPORT LogisticRegression<float>;
extern template class BOCHNER_EXPORT LogisticRegression<double>;

}  // namespace bochner
