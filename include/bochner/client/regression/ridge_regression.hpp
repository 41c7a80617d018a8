// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/normal_equations.hpp>
#include <bochner/client/regression/training_rows.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/field.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// Linear ridge regression in feature space: kernel ridge regression with a random-feature kernel.

namespace bochner {

namespace regression {
template <Scalar T>
class LinearModel;
}  // namespace regression

/// Whether a constant is fitted beside the features, and not penalised.
enum class Intercept { fitted, none };
constexpr std::array<std::string_view, 2> names_of(Intercept) { return {"fitted", "none"}; }

/// What is kept of the posterior.
enum class Posterior {
  mean,  ///< the coefficients: predictions
  full   ///< and the Cholesky factor, D^2 numbers: variances, samples, leave-one-out residuals
};
constexpr std::array<std::string_view, 2> names_of(Posterior) { return {"mean", "full"}; }

struct RidgeOptions {
  /// lambda >= 0: the penalty on |theta|^2 beside the *mean* squared error, so that it means the
  /// same for any number of rows. scikit-learn's alpha is lambda times the number of rows (times
  /// the mean weight); a Gaussian process with prior variance tau^2 and noise variance sigma^2 has
  /// lambda = sigma^2 / (n tau^2).
  double ridge = 1e-6;
  Intercept intercept = Intercept::fitted;
  Posterior posterior = Posterior::mean;

  static constexpr auto fields() {
    return std::tuple{Field{"ridge", &RidgeOptions::ridge},
                      Field{"intercept", &RidgeOptions::intercept},
                      Field{"posterior", &RidgeOptions::posterior}};
  }
};

/// f(x) = theta . phi(x) + intercept, one theta per target, minimising
///   sum_i w_i (y_i - f(x_i))^2 + W lambda |theta|^2,   W = sum_i w_i.
/// As a Bayesian model: theta ~ N(0, tau^2 I) with W lambda = sigma^2 / tau^2, a flat prior on the
/// intercept, noise of variance sigma^2 / w_i.
///
/// ```cpp
/// Matrix<double> x(1000, 1), y(1000, 1), out(1000, 1);
/// for (Index i = 0; i < 1000; ++i) x(i, 0) = 0.01 * static_cast<double>(i);
/// for (Index i = 0; i < 1000; ++i) y(i, 0) = x(i, 0) * x(i, 0);
/// NormalEquations<double> sums(FeatureMap<double>({.input_dim = 1, .num_frequencies = 64}));
/// sums.add({x, y});
/// const RidgeRegression<double> model(sums, {.ridge = 1e-6});
/// model.predict(x, out);
/// ```
template <Scalar T>
class RidgeRegression {
 public:
  /// Solves the normal equations by Cholesky factorisation: D^3 / 3 operations, the same bits for
  /// any number of threads. Throws InvalidArgument when the options are out of range, when there is
  /// no row of positive weight, and when the matrix is singular in double precision (which a ridge
  /// of 0 makes of more features than rows, of constant and of duplicate columns): no minimum-norm
  /// solution takes its place.
  RidgeRegression(const NormalEquations<T>& equations, const RidgeOptions& options,
                  const Execution& execution = {});

  /// From coefficients (num_features x t), intercepts and noise variances (t each) found elsewhere;
  /// the posterior is then the mean only. Throws InvalidArgument on shapes that do not match and on
  /// numbers that are not finite.
  RidgeRegression(FeatureMap<T> map, const RidgeOptions& options, Matrix<double> coefficients,
                  std::vector<double> intercepts, std::vector<double> noise_variances);

  const FeatureMap<T>& map() const noexcept;
  const RidgeOptions& options() const noexcept { return options_; }
  Index num_targets() const noexcept { return static_cast<Index>(noise_variances_.size()); }
  /// theta, num_features x t.
  const Matrix<double>& coefficients() const noexcept;
  std::span<const double> intercepts() const noexcept;
  /// sigma^2 per target, where the evidence is highest: (residuals weighted + W lambda |theta|^2) /
  /// n, n one less with an intercept.
  std::span<const double> noise_variances() const noexcept { return noise_variances_; }

  /// out(i, c) = f_c(x_i), out n x t in either scalar: theta . phi is summed in double whatever T
  /// is, and only the result is rounded, so that doubles keep the digits of targets far from zero.
  /// O(n (m d + D t)). Throws InvalidArgument on shapes that do not match, on overlap, on NaN or
  /// infinity in x (naming row and column), and on a prediction that out's scalar cannot hold.
  void predict(MatrixView<const T> x, MatrixView<double> out,
               const Execution& execution = {}) const;
  void predict(MatrixView<const T> x, MatrixView<float> out, const Execution& execution = {}) const;

  /// And variance(i, c), the posterior variance of f_c(x_i), without the noise of an observation:
  ///   sigma^2 (phi_c^T (A + W lambda I)^-1 phi_c + 1 / W),  phi_c = phi(x_i) - mean phi,
  /// A the centred moments (without intercept: neither the mean nor 1 / W). O(n D^2). Throws as
  /// `predict`, and when the posterior is the mean only.
  void predict_with_variance(MatrixView<const T> x, MatrixView<double> out,
                             MatrixView<double> variance, const Execution& execution = {}) const;
  void predict_with_variance(MatrixView<const T> x, MatrixView<float> out,
                             MatrixView<double> variance, const Execution& execution = {}) const;

  /// `count` functions drawn from the posterior of target `target`, as the outputs of one model:
  /// theta + sigma R^-1 xi, xi normal from `seed`. Consistent over all inputs: each is a function,
  /// not a set of values. O(D^2 count). Throws InvalidArgument when the posterior is the mean only.
  RidgeRegression sample(Index target, Index count, Seed seed,
                         const Execution& execution = {}) const;

  /// residual(i, c) = y_i - f_c^(-i)(x_i), f^(-i) fitted without row i at the same W lambda, for
  /// the rows the model was fitted to: r_i / (1 - h_i) with the leverage h_i; infinite where h_i is
  /// one to the rounding of its sum, a row that alone decides its own prediction. One more pass
  /// over the data, O(n D^2). Throws as `predict_with_variance`.
  void leave_one_out(const TrainingRows<T>& rows, MatrixView<double> residual,
                     const Execution& execution = {}) const;

  /// Throws InvalidArgument when an array holds a number that is not finite: `load` would.
  Archive save() const;
  /// Throws InvalidArgument when the archive does not hold one of these, saying what is wrong.
  static RidgeRegression load(const Archive& archive);

 private:
  /// R^T R = A + W lambda I, and what centres a row of features.
  struct Factor {
    Matrix<double> r;  ///< upper triangle
    std::vector<double> mean_features;
    double inverse_weight = 0.0;
  };

  RidgeRegression(std::shared_ptr<const regression::LinearModel<T>> linear,
                  const RidgeOptions& options, std::vector<double> noise_variances);

  template <Scalar U>
  void predict_with_variance_into(MatrixView<const T> x, MatrixView<U> out,
                                  MatrixView<double> variance, const Execution& execution) const;
  /// quadratic[r] = phi_c^T (A + W lambda I)^-1 phi_c + 1 / W for a block of features.
  void quadratic_forms(const double* phi, Index rows, Matrix<double>& scratch,
                       double* quadratic) const;

  std::shared_ptr<const regression::LinearModel<T>> linear_;
  RidgeOptions options_;
  std::vector<double> noise_variances_;
  std::shared_ptr<const Factor> factor_;
};

extern template class BOCHNER_EXPORT RidgeRegression<float>;
extern template class BOCHNER_EXPORT RidgeRegression<double>;

}  // namespace bochner
