// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bochner::cli {
namespace {

/// The 0.975 quantile of the normal law.
constexpr double kQuantile = 1.959963984540054;

/// Half the interval of a mean, from the mean of the squares.
double half_width(double mean, double mean_of_squares, double n) {
  if (n < 2.0) return std::numeric_limits<double>::infinity();
  return kQuantile * std::sqrt(std::max(0.0, mean_of_squares - mean * mean) / (n - 1.0));
}

}  // namespace

void RegressionErrors::add(double y, double f) {
  const double e = y - f;
  const double e2 = e * e;
  const double u = y - origin_;
  ++rows_;
  absolute_ += std::abs(e);
  e2_ += e2;
  e4_ += e2 * e2;
  u_ += u;
  u2_ += u * u;
  u3_ += u * u * u;
  u4_ += u * u * u * u;
  e2u_ += e2 * u;
  e2u2_ += e2 * u * u;
}

Metric RegressionErrors::root_mean_square() const {
  const auto n = static_cast<double>(rows_);
  const double mean = e2_ / n;
  const double half = half_width(mean, e4_ / n, n);
  return {std::sqrt(mean), std::sqrt(std::max(0.0, mean - half)), std::sqrt(mean + half)};
}

Metric RegressionErrors::mean_absolute() const {
  const auto n = static_cast<double>(rows_);
  const double mean = absolute_ / n;
  const double half = half_width(mean, e2_ / n, n);
  return {mean, std::max(0.0, mean - half), mean + half};
}

Metric RegressionErrors::r_squared() const {
  const auto n = static_cast<double>(rows_);
  // Moments of s = y - mean y out of those of u = s + c.
  const double c = u_ / n;
  const double s2 = u2_ / n - c * c;
  const double s4 = u4_ / n - 4.0 * c * u3_ / n + 6.0 * c * c * u2_ / n - 3.0 * c * c * c * c;
  const double e2s2 = e2u2_ / n - 2.0 * c * e2u_ / n + c * c * e2_ / n;
  if (!(s2 > 0.0)) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan, nan};
  }
  const double q = e2_ / n / s2;
  // The influence of a row on q is (e^2 - q s^2) / mean s^2, which has mean zero.
  const double square = std::max(0.0, e4_ / n - 2.0 * q * e2s2 + q * q * s4);
  const double half = half_width(0.0, square, n) / s2;
  return {1.0 - q, 1.0 - q - half, 1.0 - q + half};
}

ClassificationErrors::ClassificationErrors(Index classes)
    : classes_(classes), counts_(static_cast<std::size_t>((classes + 1) * classes)) {}

void ClassificationErrors::add(Index truth, Index predicted) {
  ++rows_;
  if (truth != predicted) ++wrong_;
  ++counts_[static_cast<std::size_t>(std::min(truth, classes_) * classes_ + predicted)];
}

void ClassificationErrors::add_probability(double p) {
  constexpr double kLeast = std::numeric_limits<float>::min();
  const double loss = -std::log(std::max(p, kLeast));
  loss_ += loss;
  loss2_ += loss * loss;
}

Index ClassificationErrors::count(Index truth, Index predicted) const {
  return counts_[static_cast<std::size_t>(truth * classes_ + predicted)];
}

Index ClassificationErrors::unknown() const noexcept {
  return std::accumulate(counts_.end() - classes_, counts_.end(), Index{0});
}

Metric ClassificationErrors::error_rate() const { return cli::error_rate(wrong_, rows_); }

Metric ClassificationErrors::accuracy() const {
  const Metric error = error_rate();
  return {1.0 - error.value, 1.0 - error.high, 1.0 - error.low};
}

Metric ClassificationErrors::log_loss() const {
  const auto n = static_cast<double>(rows_);
  const double mean = loss_ / n;
  const double half = half_width(mean, loss2_ / n, n);
  return {mean, std::max(0.0, mean - half), mean + half};
}

Metric error_rate(Index wrong, Index rows) {
  const auto n = static_cast<double>(rows);
  const double p = static_cast<double>(wrong) / n;
  const double z2 = kQuantile * kQuantile;
  const double centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
  const double half =
      kQuantile * std::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n)) / (1.0 + z2 / n);
  return {p, std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace bochner::cli
