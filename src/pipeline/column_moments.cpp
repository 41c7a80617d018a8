// SPDX-License-Identifier: Apache-2.0
#include "pipeline/column_moments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner::pipeline {
namespace {

using Limits = std::numeric_limits<double>;

/// Below it 2^-exponent would overflow; a number that small keeps its digits all the same.
constexpr int kLeastExponent = -1000;
constexpr int kHeadroom = 32;

/// By which a handful of operations may differ, in units in the last place.
constexpr double kUnits = 64.0;

int exponent_for(double number) {
  int exponent = 0;
  std::frexp(number, &exponent);
  return std::clamp(exponent + kHeadroom, kLeastExponent, Limits::max_exponent);
}

}  // namespace

PowerOfTwoUnit::PowerOfTwoUnit(double number)
    : exponent(exponent_for(number)),
      inverse(std::ldexp(1.0, -exponent)),
      limit(exponent == Limits::max_exponent ? Limits::max() : std::ldexp(1.0, exponent)) {}

bool same_but_for_rounding(double least, double most) {
  const double largest = std::max(std::abs(least), std::abs(most));
  // The difference of large ones may overflow, and halves of the smallest vanish.
  const double part = largest > 1.0 ? 0.5 : 1.0;
  return most * part - least * part <= kUnits * Limits::epsilon() * (largest * part);
}

void ColumnMoments::widen(double x) {
  const PowerOfTwoUnit unit(x);
  if (limit_ >= 0.0) {
    mean_ = std::ldexp(mean_, exponent_ - unit.exponent);
    squares_ = std::ldexp(squares_, 2 * (exponent_ - unit.exponent));
  }
  exponent_ = unit.exponent;
  unit_ = unit.inverse;
  limit_ = unit.limit;
}

void ColumnMoments::add(double x, double weight) {
  if (weight == 0.0) return;
  if (x != 0.0 && std::abs(x) > limit_) widen(x);
  least_ = weight_ == 0.0 ? x : std::min(least_, x);
  most_ = weight_ == 0.0 ? x : std::max(most_, x);
  weight_ += weight;
  const double scaled = x * unit_;
  const double before = scaled - mean_;
  mean_ += before * weight / weight_;
  squares_ += weight * before * (scaled - mean_);
}

double ColumnMoments::mean() const { return std::ldexp(mean_, exponent_); }

double ColumnMoments::deviation() const {
  if (!(weight_ > 0.0)) return 0.0;
  // Rounding may carry the deviation of the largest numbers beyond them.
  return std::min(std::ldexp(std::sqrt(squares_ / weight_), exponent_), Limits::max());
}

}  // namespace bochner::pipeline
