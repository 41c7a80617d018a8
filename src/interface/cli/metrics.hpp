// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

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

/// wrong / rows with the interval of Wilson [Wilson27].
Metric error_rate(Index wrong, Index rows);

}  // namespace bochner::cli
