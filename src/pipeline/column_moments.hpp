// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// Mean and spread of a column, whatever the size of its numbers.

namespace bochner::pipeline {

/// A power of two to measure numbers in, so that their squares neither overflow nor vanish. It is a
/// good deal larger than the number it is made for, so that it need not change often.
struct PowerOfTwoUnit {
  /// For a finite number that is not zero.
  explicit PowerOfTwoUnit(double number);

  int exponent;
  double inverse;  ///< 2^-exponent: a number times this is exact, and at most 1 in size
  double limit;    ///< the largest number it is good for
};

/// Whether numbers in [least, most] are one number up to the rounding of a handful of operations:
/// they differ by at most 64 units in the last place.
bool same_but_for_rounding(double least, double most);

/// Weighted mean and standard deviation of a stream of finite numbers [Welford62]. The bits are
/// those of the plain recurrence wherever that neither overflows nor underflows.
class ColumnMoments {
 public:
  /// A number with its weight, finite and >= 0; zero is as good as absent.
  void add(double x, double weight = 1.0);

  double weight() const noexcept { return weight_; }
  double mean() const;
  /// sqrt(sum w (x - mean)^2 / sum w)
  double deviation() const;
  bool constant() const { return same_but_for_rounding(least_, most_); }

 private:
  void widen(double x);

  int exponent_ = 0;
  double unit_ = 0.0;
  double limit_ = -1.0;
  double weight_ = 0.0;
  double mean_ = 0.0;     ///< in units
  double squares_ = 0.0;  ///< in squared units
  double least_ = 0.0;
  double most_ = 0.0;
};

}  // namespace bochner::pipeline
