// SPDX-License-Identifier: Apache-2.0
#include "pipeline/metrics.hpp"

#include "pipeline/column_moments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bochner::pipeline {
namespace {

/// The 0.975 quantile of the normal law.
constexpr double kQuantile = 1.959963984540054;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Of a weighted mean over n rows: n / (n - 1) sum (w (z - mean))^2 / (sum w)^2 is its variance.
double half_width_of(double squares, double weight, double n) {
  if (n < 2.0) return kInfinity;
  return kQuantile * std::sqrt(std::max(0.0, squares) * (n / (n - 1.0))) / weight;
}

Metric wilson(double p, double n) {
  const double z2 = kQuantile * kQuantile;
  const double centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
  const double half =
      kQuantile * std::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n)) / (1.0 + z2 / n);
  return {p, std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace

void RegressionErrors::Sums::add(double weight, double e, double u_of_row) {
  const double square = e * e;
  const double v = u_of_row;
  one += weight;
  absolute += weight * std::abs(e);
  e2 += weight * square;
  e4 += weight * square * square;
  u += weight * v;
  u2 += weight * v * v;
  u3 += weight * v * v * v;
  u4 += weight * v * v * v * v;
  e2u += weight * square * v;
  e2u2 += weight * square * v * v;
}

void RegressionErrors::Sums::shrink(int steps) {
  for (double* sum : {&absolute, &u}) *sum = std::ldexp(*sum, -steps);
  for (double* sum : {&e2, &u2}) *sum = std::ldexp(*sum, -2 * steps);
  for (double* sum : {&u3, &e2u}) *sum = std::ldexp(*sum, -3 * steps);
  for (double* sum : {&e4, &u4, &e2u2}) *sum = std::ldexp(*sum, -4 * steps);
}

void RegressionErrors::widen(double size) {
  const PowerOfTwoUnit unit(size);
  if (limit_ >= 0.0) {
    sums_.shrink(unit.exponent - exponent_);
    squared_.shrink(unit.exponent - exponent_);
  }
  exponent_ = unit.exponent;
  unit_ = unit.inverse;
  limit_ = unit.limit;
}

void RegressionErrors::add(double y, double f, double weight) {
  if (weight == 0.0) return;
  if (rows_ == 0) origin_ = least_ = most_ = y;
  ++rows_;
  least_ = std::min(least_, y);
  most_ = std::max(most_, y);
  const double size = std::max(std::abs(y), std::abs(f));
  if (size != 0.0 && size > limit_) widen(size);
  const double e = y * unit_ - f * unit_;
  const double u = y * unit_ - origin_ * unit_;
  sums_.add(weight, e, u);
  squared_.add(weight * weight, e, u);
}

double RegressionErrors::half_width(double squares) const {
  return half_width_of(squares, sums_.one, static_cast<double>(rows_));
}

Metric RegressionErrors::root_mean_square() const {
  const double mean = sums_.e2 / sums_.one;
  const double half =
      half_width(squared_.e4 - 2.0 * mean * squared_.e2 + mean * mean * squared_.one);
  const auto root = [&](double square) {
    return std::ldexp(std::sqrt(std::max(0.0, square)), exponent_);
  };
  return {root(mean), root(mean - half), root(mean + half)};
}

Metric RegressionErrors::mean_absolute() const {
  const double mean = sums_.absolute / sums_.one;
  const double half =
      half_width(squared_.e2 - 2.0 * mean * squared_.absolute + mean * mean * squared_.one);
  const auto scaled = [&](double value) { return std::ldexp(std::max(0.0, value), exponent_); };
  return {scaled(mean), scaled(mean - half), scaled(mean + half)};
}

Metric RegressionErrors::r_squared() const {
  // Moments of s = y - mean y out of those of u = s + c.
  const double c = sums_.u / sums_.one;
  const double s2 = sums_.u2 / sums_.one - c * c;
  if (same_but_for_rounding(least_, most_) || !(s2 > 0.0)) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan, nan};
  }
  const Sums& w2 = squared_;
  const double s4 = w2.u4 - 4.0 * c * w2.u3 + 6.0 * c * c * w2.u2 - 4.0 * c * c * c * w2.u +
                    c * c * c * c * w2.one;
  const double e2s2 = w2.e2u2 - 2.0 * c * w2.e2u + c * c * w2.e2;
  const double q = sums_.e2 / sums_.one / s2;
  // The influence of a row on q is (e^2 - q s^2) / mean s^2, which has mean zero.
  const double half = half_width(w2.e4 - 2.0 * q * e2s2 + q * q * s4) / s2;
  return {1.0 - q, 1.0 - q - half, 1.0 - q + half};
}

ClassificationErrors::ClassificationErrors(Index classes)
    : classes_(classes), counts_(static_cast<std::size_t>((classes + 1) * classes)) {}

void ClassificationErrors::add(Index truth, Index predicted, double weight) {
  if (weight == 0.0) return;
  ++rows_;
  weight_ += weight;
  squared_weight_ += weight * weight;
  if (truth != predicted) wrong_ += weight;
  ++counts_[static_cast<std::size_t>(std::min(truth, classes_) * classes_ + predicted)];
}

void ClassificationErrors::add_probability(double p, double weight) {
  constexpr double kLeast = std::numeric_limits<float>::min();
  const double loss = -std::log(std::max(p, kLeast));
  loss_ += weight * loss;
  squared_loss_ += weight * weight * loss;
  squared_loss2_ += weight * weight * loss * loss;
}

Index ClassificationErrors::count(Index truth, Index predicted) const {
  return counts_[static_cast<std::size_t>(truth * classes_ + predicted)];
}

Index ClassificationErrors::unknown() const noexcept {
  return std::accumulate(counts_.end() - classes_, counts_.end(), Index{0});
}

Metric ClassificationErrors::error_rate() const {
  // As many rows of equal weight as would leave the same variance.
  return wilson(wrong_ / weight_, weight_ * weight_ / squared_weight_);
}

Metric ClassificationErrors::accuracy() const {
  const Metric error = error_rate();
  return {1.0 - error.value, 1.0 - error.high, 1.0 - error.low};
}

Metric ClassificationErrors::log_loss() const {
  const double mean = loss_ / weight_;
  const double squares =
      squared_loss2_ - 2.0 * mean * squared_loss_ + mean * mean * squared_weight_;
  const double half = half_width_of(squares, weight_, static_cast<double>(rows_));
  return {mean, std::max(0.0, mean - half), mean + half};
}

Metric error_rate(double wrong, double rows) { return wilson(wrong / rows, rows); }

}  // namespace bochner::pipeline
