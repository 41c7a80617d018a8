// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <vector>

/// \file
/// Errors on rows a model has not seen, with 95 % confidence intervals. Rows are taken to be
/// independent; where they come in groups the intervals are too short.

namespace bochner::cli {

struct Metric {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// Sums over rows of target y and prediction f, from which each metric and its interval follow by
/// the central limit theorem and the delta method.
class RegressionErrors {
 public:
  /// `origin`: any number near the targets, so that their powers keep their digits.
  explicit RegressionErrors(double origin) : origin_(origin) {}
  void add(double y, double f);

  Index rows() const noexcept { return rows_; }
  /// sqrt(mean e^2), e = y - f; the interval is the root of that of the mean.
  Metric root_mean_square() const;
  /// mean |e|
  Metric mean_absolute() const;
  /// 1 - sum e^2 / sum (y - mean y)^2; NaN for a constant target.
  Metric r_squared() const;

 private:
  double origin_;
  Index rows_ = 0;
  double absolute_ = 0.0;
  double e2_ = 0.0;
  double e4_ = 0.0;
  double u_ = 0.0;  ///< sums of powers of u = y - origin
  double u2_ = 0.0;
  double u3_ = 0.0;
  double u4_ = 0.0;
  double e2u_ = 0.0;
  double e2u2_ = 0.0;
};

/// Counts and losses of classes over rows.
class ClassificationErrors {
 public:
  explicit ClassificationErrors(Index classes);
  /// A row of that class (`classes` or more: one that the model does not know), taken for
  /// `predicted`.
  void add(Index truth, Index predicted);
  /// The probability that the model gave the class of a row.
  void add_probability(double p);

  Index rows() const noexcept { return rows_; }
  Index unknown() const noexcept;  ///< rows of classes that the model does not know
  Metric error_rate() const;
  Metric accuracy() const;
  /// mean -ln p, p at least the smallest normal float; the interval by the central limit theorem.
  Metric log_loss() const;
  /// Rows of class `truth` that were taken for `predicted`; `truth` = classes: of unknown ones.
  Index count(Index truth, Index predicted) const;

 private:
  Index classes_;
  Index rows_ = 0;
  Index wrong_ = 0;
  std::vector<Index> counts_;  ///< (classes + 1) x classes
  double loss_ = 0.0;
  double loss2_ = 0.0;
};

/// wrong / rows with the interval of Wilson [Wilson27].
Metric error_rate(Index wrong, Index rows);

}  // namespace bochner::cli
