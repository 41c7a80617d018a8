// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/normal_equations.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/client/regression/training_rows.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>

#include <string_view>
#include <vector>

/// \file
/// Ridge regression whose rows come and go.

namespace bochner {

/// A fitted `RidgeRegression` that takes rows up, gives rows back and forgets, at O(D^2) a row
/// where a fit costs O(D^3): the Cholesky factor of A + P I is updated by rotations, A the centred
/// moments of the features and P the penalty on |theta|^2. P is W lambda of the fit that this
/// begins with, and stays what it is while rows come and go; `forget` multiplies it as it does the
/// weights. So after any number of changes this is the fit of the rows that are in, with their
/// weights, at the ridge P / W: `ridge()`.
///
/// Errors of rounding add up like those of a sum. Rows that are taken away again cost digits where
/// they carried most of the weight.
///
/// ```cpp
/// Matrix<double> x(1000, 1), y(1000, 1), out(1000, 1);
/// for (Index i = 0; i < 1000; ++i) x(i, 0) = 0.01 * static_cast<double>(i);
/// for (Index i = 0; i < 1000; ++i) y(i, 0) = x(i, 0) * x(i, 0);
/// const TrainingRows<double> rows{x, y};
/// NormalEquations<double> sums(FeatureMap<double>({.input_dim = 1, .num_frequencies = 64}));
/// sums.add(rows.middle_rows(0, 500));
/// OnlineRidge<double> online(sums, {.ridge = 1e-4});
/// online.add(rows.middle_rows(500, 500));
/// online.model().predict(x, out);
/// ```
template <Scalar T>
class OnlineRidge {
 public:
  /// Begins with a fit: O(D^3). Throws InvalidArgument as `RidgeRegression`, and unless the
  /// posterior is the mean only.
  OnlineRidge(const NormalEquations<T>& equations, const RidgeOptions& options,
              const Execution& execution = {});

  /// Takes rows up, all of them or none. O(k (m d + D^2)) for k rows. Throws InvalidArgument as
  /// `NormalEquations::add`.
  void add(const TrainingRows<T>& rows, const Execution& execution = {});
  /// Gives rows back, with the weights that they have by now. Likewise; also throws when no weight
  /// or no positive definite matrix would be left: rows that were not in.
  void remove(const TrainingRows<T>& rows, const Execution& execution = {});
  /// Multiplies the weights of all rows that are in, and the penalty, by `factor`, in (0, 1].
  /// The penalty fades for good: a stream that forgets for long needs a new fit now and then.
  /// Throws InvalidArgument for another factor, and when weights would vanish.
  void forget(double factor);

  const FeatureMap<T>& map() const noexcept { return map_; }
  /// Rows of positive weight that are in.
  Index num_rows() const noexcept { return num_rows_; }
  /// W, the sum of their weights.
  double weight() const noexcept { return weight_; }
  /// P.
  double penalty() const noexcept { return penalty_; }
  /// P / W: the ridge at which a fit of the rows that are in gives `model()`.
  double ridge() const noexcept { return penalty_ / weight_; }

  /// The model by now, O(D^2 t). Throws InvalidArgument when coefficients overflow, and when the
  /// system is singular to rounding.
  RidgeRegression<T> model(const Execution& execution = {}) const;

 private:
  enum class Direction { in, out };
  /// Of a row from the means.
  struct Distances {
    std::vector<double> features;
    std::vector<double> targets;
  };
  void change(std::string_view function, const TrainingRows<T>& rows, Direction direction,
              const Execution& execution);
  bool shift(const Distances& from, double weight, Direction direction);
  /// A penalty that faded and rows that went can leave nothing but rounding in a pivot.
  void require_regular() const;

  FeatureMap<T> map_;
  RidgeOptions options_;
  Matrix<double> factor_;  ///< R, D x D, rows padded
  Matrix<double> b_;       ///< centred moments of features and targets, D x t, rows padded
  std::vector<double> yy_;
  std::vector<double> offset_;  ///< of targets
  std::vector<double> mean_features_;
  std::vector<double> mean_targets_;
  double weight_ = 0.0;
  double penalty_ = 0.0;
  Index num_rows_ = 0;
};

extern template class BOCHNER_EXPORT OnlineRidge<float>;
extern template class BOCHNER_EXPORT OnlineRidge<double>;

}  // namespace bochner
