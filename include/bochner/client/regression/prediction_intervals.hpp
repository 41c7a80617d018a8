// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/folds.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/client/regression/training_rows.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <memory>

/// \file
/// Intervals for the target of a new row, without assumptions on the noise.

namespace bochner {

namespace regression {
template <Scalar T>
class HeldOutModels;
}  // namespace regression

/// What ridge regression is wrong by on rows it has not seen, and the intervals that follow: with
/// f^(-i) fitted without the unit of row i (and its fold) and R_i = |y_i - f^(-i)(x_i)|, the
/// interval of level 1 - alpha is
///   [ -q(R_i - f^(-i)(x)), q(R_i + f^(-i)(x)) ],
/// q the smallest number that a share 1 - alpha of the rows does not exceed. Row i of unit u counts
/// 1 / ((U + 1) n_u), U units of n_u rows; 1 / (U + 1) is left for the unit of x, infinitely far.
///
/// If units are exchangeable with that of x, the target lies inside with probability at least
/// 1 - 2 alpha for whatever law of the rows (less a term of order sqrt(2 / U) with few folds), and
/// 1 - alpha or close to it in practice: jackknife+ and CV+ [Barber21], for groups [Lee23]. Kernel,
/// ridge and offset count as given; having been chosen on the same rows is a small optimism that
/// no guarantee covers. The probability is over rows, not given x: where noise differs, intervals
/// are too wide in one place and too narrow in another.
///
/// ```cpp
/// Matrix<double> x(500, 1), y(500, 1), lower(500, 1), upper(500, 1);
/// Stream({1}, Purpose::study).normals(0, {x.data(), 500});
/// Stream({2}, Purpose::study).normals(0, {y.data(), 500});
/// const FeatureMap<double> map({.input_dim = 1, .num_frequencies = 16, .seed = {3}});
/// const PredictionIntervals<double> intervals(map, {x, y}, row_folds(500, 10, {4}));
/// intervals.predict(x, 0.9, lower, upper);  // most of [lower, upper] are near [-1.64, 1.64]
/// ```
template <Scalar T>
class PredictionIntervals {
 public:
  /// Jackknife+: every row is left out, by the closed form from one factorisation. n models are
  /// kept, n D t numbers, and predict every new row: for some thousands of rows. O(n D^2 + D^3).
  /// Throws InvalidArgument on options and rows as RidgeRegression does, on fewer than two rows of
  /// positive weight, and on a row that alone decides its own prediction to the rounding of its
  /// leverage (naming it; a larger ridge is needed). `options.posterior` is not used.
  PredictionIntervals(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                      const RidgeOptions& options = {}, const Execution& execution = {});

  /// CV+: one fit per fold, at the same W lambda. `folds.count` models are kept and n (t + 2)
  /// numbers. O(n D^2 + k D^3), (k + 2) D^2 numbers. With `group_folds`, whole groups are left out
  /// and a new row is one of a new group. Throws InvalidArgument on rows and folds as
  /// cross_validate, on options as RidgeRegression, and when fewer than two units or no row outside
  /// some fold have a positive weight.
  PredictionIntervals(const FeatureMap<T>& map, const TrainingRows<T>& rows, const Folds& folds,
                      const RidgeOptions& options = {}, const Execution& execution = {});

  const FeatureMap<T>& map() const noexcept;
  Index num_targets() const noexcept;
  /// Rows of positive weight: those whose residuals are kept.
  Index num_rows() const noexcept;
  /// Rows, or folds.
  Index num_models() const noexcept;
  /// The highest level whose intervals are finite, U / (U + 1).
  double highest_level() const noexcept;

  /// lower(i, c), upper(i, c), n x num_targets: the interval of the target c of x_i, whatever its
  /// weight; infinite for a level above `highest_level`. The interval may lie beside the
  /// prediction of the model of all rows. O(D k t + k t log(n / k)) per row, k models. Throws
  /// InvalidArgument on shapes that do not match, on overlap, on NaN or infinity in x (naming row
  /// and column), and on a level outside (0, 1).
  void predict(MatrixView<const T> x, double level, MatrixView<double> lower,
               MatrixView<double> upper, const Execution& execution = {}) const;

  Archive save() const;
  /// Throws InvalidArgument when the archive does not hold one of these, saying what is wrong.
  static PredictionIntervals load(const Archive& archive);

 private:
  explicit PredictionIntervals(std::shared_ptr<const regression::HeldOutModels<T>> held_out);

  std::shared_ptr<const regression::HeldOutModels<T>> held_out_;
};

extern template class BOCHNER_EXPORT PredictionIntervals<float>;
extern template class BOCHNER_EXPORT PredictionIntervals<double>;

}  // namespace bochner
