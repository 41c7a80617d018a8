// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// Errors on rows a model has not seen, with 95 % confidence intervals. Rows are taken to be
/// independent; where they come in groups the intervals are too short. A row counts with its
/// weight, finite and >= 0; intervals are then those of a ratio of sums (linearised, the weights as
/// given).

namespace bochner::pipeline {

struct Metric {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// Sums over rows of target y and prediction f, from which each metric and its interval follow by
/// the central limit theorem and the delta method. Any finite numbers: the sums are kept in units
/// of a power of two near the largest.
class RegressionErrors {
 public:
  void add(double y, double f, double weight = 1.0);

  /// Rows of positive weight.
  Index rows() const noexcept { return rows_; }
  /// sqrt(mean e^2), e = y - f; the interval is the root of that of the mean.
  Metric root_mean_square() const;
  /// mean |e|
  Metric mean_absolute() const;
  /// 1 - sum e^2 / sum (y - mean y)^2; NaN for a target that is constant up to rounding.
  Metric r_squared() const;

 private:
  /// Weighted sums of products of e and of u = y - origin.
  struct Sums {
    double one = 0.0;
    double absolute = 0.0;
    double e2 = 0.0;
    double e4 = 0.0;
    double u = 0.0;
    double u2 = 0.0;
    double u3 = 0.0;
    double u4 = 0.0;
    double e2u = 0.0;
    double e2u2 = 0.0;

    void add(double weight, double e, double u_of_row);
    /// Numbers become 2^-steps of what they were.
    void shrink(int steps);
  };

  void widen(double size);
  /// Half the interval of a weighted mean, `squares` the sum of (w (z - mean))^2.
  double half_width(double squares) const;

  Index rows_ = 0;
  double origin_ = 0.0;  ///< the first target, so that powers keep their digits
  double least_ = 0.0;   ///< target
  double most_ = 0.0;
  int exponent_ = 0;  ///< of the unit
  double unit_ = 0.0;
  double limit_ = -1.0;
  Sums sums_;     ///< by w
  Sums squared_;  ///< by w^2
};

/// Counts and losses of classes over rows.
class ClassificationErrors {
 public:
  explicit ClassificationErrors(Index classes);
  /// A row of that class (`classes` or more: one that the model does not know), taken for
  /// `predicted`.
  void add(Index truth, Index predicted, double weight = 1.0);
  /// The probability that the model gave the class of the row just added.
  void add_probability(double p, double weight = 1.0);

  Index rows() const noexcept { return rows_; }  ///< of positive weight
  Index unknown() const noexcept;                ///< rows of classes that the model does not know
  Metric error_rate() const;
  Metric accuracy() const;
  /// mean -ln p, p at least the smallest normal float; the interval by the central limit theorem.
  Metric log_loss() const;
  /// Rows of class `truth` that were taken for `predicted`; `truth` = classes: of unknown ones.
  Index count(Index truth, Index predicted) const;

 private:
  Index classes_;
  Index rows_ = 0;
  double weight_ = 0.0;
  double squared_weight_ = 0.0;
  double wrong_ = 0.0;
  std::vector<Index> counts_;  ///< (classes + 1) x classes
  double loss_ = 0.0;
  double squared_loss_ = 0.0;   ///< sum w^2 loss
  double squared_loss2_ = 0.0;  ///< sum w^2 loss^2
};

/// wrong / rows with the interval of Wilson [Wilson27].
Metric error_rate(double wrong, double rows);

}  // namespace bochner::pipeline
