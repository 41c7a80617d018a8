// SPDX-License-Identifier: Apache-2.0
#include "estimator/harmonics.hpp"

#include "estimator/poisson_sum.hpp"
#include "estimator/sphere.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner {
namespace {

/// Beyond it the norms are such that no prediction of first order means anything.
constexpr int kLargestDegree = 256;
/// Of the series at its largest argument.
constexpr double kTolerance = 1e-14;

/// (a)_k / (b)_k for a <= b: e^{-x} M(a; b; x) is its mean over K ~ Poisson(x).
struct RisingRatio {
  double a;
  double b;
  double ratio = 1.0;
  double value() const { return ratio; }
  void advance(double k) { ratio *= (a + k) / (b + k); }
  static constexpr bool settled() { return false; }
};

/// log N_l, N_l = (2l + d - 2) Gamma(l + d - 2) / (Gamma(d - 1) l!).
double log_count(double d, int degree) {
  if (degree == 0) return 0.0;
  const double l = degree;
  if (d == 1.0) return degree == 1 ? 0.0 : -std::numeric_limits<double>::infinity();
  return std::log(2.0 * l + d - 2.0) + std::lgamma(l + d - 2.0) - std::lgamma(d - 1.0) -
         std::lgamma(l + 1.0);
}

}  // namespace

HarmonicSeries::HarmonicSeries(const RowLaw& row, const BlockLaw& block, double largest_square)
    : row_(row), block_(block) {
  degrees_.push_back(make(0));
  degrees_.push_back(make(1));
  double sum = 0.0;
  double before = 0.0;
  for (int l = 1;; ++l) {
    const HarmonicDegree& last = degrees_.back();
    const double coefficient = this->coefficient(last, largest_square);
    const double size = coefficient * coefficient;
    sum += size;
    // Even functions need every other one: two small ones end the series.
    if (l >= 4 && size + before <= kTolerance * sum) break;
    if (l == kLargestDegree || !std::isfinite(sum)) break;
    before = size;
    HarmonicDegree next = make(l + 1);
    next.across =
        last.step * block_.cosine * last.across - last.back * degrees_[degrees_.size() - 2].across;
    degrees_.push_back(next);
  }
}

HarmonicDegree HarmonicSeries::make(int degree) const {
  const double d = block_.dim;
  const double n = 0.5 * d;
  const double l = degree;
  HarmonicDegree out{.degree = degree};
  if (degree > 0 && d > 1.0) {
    out.step = (2.0 * l + d - 2.0) / (l + d - 2.0);
    out.back = l / (l + d - 2.0);
  }
  if (degree == 1) out.across = block_.cosine;
  const double top = block_.radii == Radii::constant ? n : n + 0.5 * l;
  out.log_front = 0.5 * log_count(d, degree) + std::lgamma(top) - std::lgamma(n + l);
  return out;
}

double HarmonicSeries::coefficient(const HarmonicDegree& degree, double s) const {
  if (degree.degree > 0 && s == 0.0) return 0.0;
  const double n = 0.5 * block_.dim;
  const double l = degree.degree;
  const double x = 0.5 * s;
  const bool sum = row_.argument == RowLaw::Argument::sum;
  const auto power = [&](double base) { return l == 0.0 ? 0.0 : 0.5 * l * std::log(base); };
  if (block_.radii == Radii::sampled) {
    const double mean = poisson_mean(x, RisingRatio{sum ? n + 0.5 * l : 0.5 * l, n + l});
    return std::exp(degree.log_front + power(x) + (sum ? 0.0 : x)) * mean;
  }
  // 0F1(; n + l; +-y) in the normalisation of `sphere.hpp`.
  const double y = n * x * (sum ? 1.0 - 4.0 * row_.a : 1.0);
  const double dim = block_.dim + 2.0 * l;
  const double square = 4.0 * y / dim;
  if (sum) {
    const double rest = 1.0 + sphere_exponential_bias(dim, square);
    return std::exp(degree.log_front + power(y) + 0.5 * square - x) * rest;
  }
  return std::exp(degree.log_front + power(y) + x) * sphere_cosine(dim, square);
}

}  // namespace bochner
