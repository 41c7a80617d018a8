// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/folds.hpp>
#include <bochner/client/regression/logistic_regression.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <memory>
#include <string_view>
#include <vector>

/// \file
/// Sets of classes that hold that of a new row, with a given probability.

namespace bochner {

namespace regression {
template <Scalar T>
class HeldOutModels;
}  // namespace regression

/// What a class is judged by.
enum class ClassScore {
  output,      ///< f_c(x), of least squares on `class_targets`
  probability  ///< P(class c | x), of logistic regression
};
constexpr std::array<std::string_view, 2> names_of(ClassScore) { return {"output", "probability"}; }

/// Classifiers that have not seen a row, and how well the row's own class did with them. With
/// s_c^(-i)(x) the score of class c in the classifier fitted without the fold of row i, class c has
/// the p-value
///   p_c(x) = 1 - sum_i w_i [ s_c^(-i)(x) < s_(c_i)^(-i)(x_i) ],
/// and the set of level 1 - alpha holds the classes with p_c(x) > alpha: CV+ [Romano20], with the
/// score of the least ambiguous sets [Sadinle19]. w_i = 1 / ((U + 1) n_u) for a row of a unit of
/// n_u rows, of U units, as in PredictionIntervals, with the same coverage: about 1 - alpha, at
/// least 1 - 2 alpha less a term of order sqrt(2 / U). A set may be empty: no class looks like
/// those of the level's rows.
///
/// ```cpp
/// Matrix<double> x(300, 1);
/// for (Index i = 0; i < 300; ++i) x(i, 0) = 0.01 * static_cast<double>(i);
/// std::vector<Index> labels(300);
/// for (std::size_t i = 0; i < 300; ++i) labels[i] = static_cast<Index>(i / 100);
/// const FeatureMap<double> map({.input_dim = 1, .num_frequencies = 64, .seed = {1}});
/// const LabelSets<double> sets(map, {x, labels}, 3, row_folds(300, 10, {2}), LogisticOptions{});
/// const std::vector<std::vector<Index>> classes = sets.predict(x, 0.9);
/// ```
template <Scalar T>
class LabelSets {
 public:
  /// By logistic regression, one fit per fold at the same W lambda. Throws InvalidArgument as
  /// LogisticRegression and cross_validate_logistic do.
  LabelSets(const FeatureMap<T>& map, const LabelledRows<T>& rows, Index num_classes,
            const Folds& folds, const LogisticOptions& options, const Execution& execution = {});

  /// By least squares. Throws InvalidArgument as PredictionIntervals does, and on labels as
  /// `class_targets`.
  LabelSets(const FeatureMap<T>& map, const LabelledRows<T>& rows, Index num_classes,
            const Folds& folds, const RidgeOptions& options, const Execution& execution = {});

  const FeatureMap<T>& map() const noexcept;
  Index num_classes() const noexcept;
  /// Rows of positive weight: those whose scores are kept.
  Index num_rows() const noexcept;
  /// Folds.
  Index num_models() const noexcept;
  ClassScore scored_by() const noexcept { return scored_by_; }

  /// out(i, c) = p_c(x_i), n x num_classes, from 1 / (U + 1) to 1. O(D k c + k c log(n / k)) per
  /// row. Throws InvalidArgument on shapes that do not match, on overlap, and on NaN or infinity in
  /// x, naming row and column.
  void p_values(MatrixView<const T> x, MatrixView<double> out,
                const Execution& execution = {}) const;

  /// The classes of each row's set, ascending. Throws as `p_values`, and on a level outside (0, 1).
  std::vector<std::vector<Index>> predict(MatrixView<const T> x, double level,
                                          const Execution& execution = {}) const;

  Archive save() const;
  /// Throws InvalidArgument when the archive does not hold one of these, saying what is wrong.
  static LabelSets load(const Archive& archive);

 private:
  LabelSets(std::shared_ptr<const regression::HeldOutModels<T>> held_out, ClassScore scored_by);

  std::shared_ptr<const regression::HeldOutModels<T>> held_out_;
  ClassScore scored_by_;
};

/// Whether a class of that p-value is in the set of a level: p > 1 - level, but for the rounding of
/// a sum of shares.
BOCHNER_EXPORT bool in_label_set(double p_value, double level);

extern template class BOCHNER_EXPORT LabelSets<float>;
extern template class BOCHNER_EXPORT LabelSets<double>;

}  // namespace bochner
