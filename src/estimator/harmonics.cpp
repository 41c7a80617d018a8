// SPDX-License-Identifier: Apache-2.0
#include "estimator/harmonics.hpp"

#include "estimator/peak_integral.hpp"
#include "estimator/poisson_sum.hpp"
#include "estimator/sphere.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace bochner::estimator {
namespace {

/// Beyond it the norms are such that no prediction of first order means anything.
constexpr int kLargestDegree = 256;
/// Of the series at its largest argument.
constexpr double kTruncation = 1e-14;

/// (a)_k / (b)_k for a <= b: e^{-x} M(a; b; x) is its mean over K ~ Poisson(x).
struct RisingRatio {
  double a;
  double b;
  double ratio = 1.0;
  double value() const { return ratio; }
  void advance(double k) { ratio *= (a + k) / (b + k); }
  static constexpr bool settled() { return false; }
};

/// log e^{-x} M(a; b; x) for 0 < a < b, of which 2a and 2b are whole numbers: the logarithm of
/// E e^{-x T}, T ~ Beta(b - a, a), an integral over the angle whose squared sine is T.
double log_beta_transform(double a, double b, double x) {
  constexpr double kFewTerms = 1000.0;  // as fast as the integral
  if (x <= kFewTerms) return std::log(poisson_mean(x, RisingRatio{a, b}));
  using Accumulator = long double;
  const Accumulator mean = x;
  const Accumulator sines = 2 * (static_cast<Accumulator>(b) - static_cast<Accumulator>(a)) - 1;
  const Accumulator cosines = 2 * static_cast<Accumulator>(a) - 1;
  const Accumulator half = mean + (sines + cosines) / 2;
  const Accumulator square = sines / (half + std::sqrt(half * half - 2 * mean * sines));
  const auto per = [](Accumulator power, Accumulator by) { return power == 0 ? 0 : power / by; };
  const Accumulator curvature =
      2 * mean * (1 - 2 * square) + per(sines, square) + per(cosines, 1 - square);
  const Peak peak{.low = 0,
                  .high = std::acos(Accumulator{-1}) / 2,
                  .place = std::atan2(std::sqrt(square), std::sqrt(1 - square)),
                  .width = 1 / std::sqrt(std::max(curvature, half))};
  const Accumulator integral = log_peak_integral(peak, [&](Accumulator angle) {
    const Accumulator sine = std::sin(angle);
    return -mean * sine * sine + (sines == 0 ? 0 : sines * std::log(sine)) +
           (cosines == 0 ? 0 : cosines * std::log(std::cos(angle)));
  });
  const auto log_gamma = [](double z) { return std::lgamma(static_cast<Accumulator>(z)); };
  return static_cast<double>(integral + std::log(Accumulator{2}) - log_gamma(a) - log_gamma(b - a) +
                             log_gamma(b));
}

/// log N_l, N_l = (2l + d - 2) Gamma(l + d - 2) / (Gamma(d - 1) l!).
double log_count(double d, int degree) {
  if (degree == 0) return 0.0;
  const double l = degree;
  if (d == 1.0) return degree == 1 ? 0.0 : -std::numeric_limits<double>::infinity();
  return std::log(2.0 * l + d - 2.0) + std::lgamma(l + d - 2.0) - std::lgamma(d - 1.0) -
         std::lgamma(l + 1.0);
}

/// P_{l+1}(t) = slope t P_l(t) - back P_{l-1}(t).
struct Step {
  double slope = 1.0;
  double back = 0.0;

  Step(double d, int degree) {
    if (degree == 0) return;
    const double l = degree;
    // In one dimension there is no degree beyond the first.
    const double below = d == 1.0 ? 1.0 : l + d - 2.0;
    slope = (2.0 * l + d - 2.0) / below;
    back = l / below;
  }
};

}  // namespace

HarmonicSeries::HarmonicSeries(const RowLaw& row, const BlockLaw& block, Degrees which,
                               double largest_square)
    : row_(row), block_(block) {
  const int stride = which == Degrees::even ? 2 : 1;
  degrees_.push_back(make(0, which));
  double sum = 0.0;
  double across_before = 0.0;
  double across = 1.0;
  for (int l = 1; l <= kLargestDegree; ++l) {
    const Step step(block.dim, l - 1);
    across_before =
        std::exchange(across, step.slope * block.cosine * across - step.back * across_before);
    if (l % stride != 0) continue;
    HarmonicDegree& degree = degrees_.emplace_back(make(l, which));
    degree.across = across;
    const double coefficient = this->coefficient(degree, largest_square).value();
    const double size = coefficient * coefficient;
    sum += size;
    if (!std::isfinite(sum) || (l >= 4 && size <= kTruncation * sum)) break;
  }
}

HarmonicDegree HarmonicSeries::make(int degree, Degrees which) const {
  const double d = block_.dim;
  const double n = 0.5 * d;
  const double l = degree;
  HarmonicDegree out{.degree = degree};
  const Step here(d, degree);
  if (which == Degrees::all) {
    out.slope = here.slope;
    out.back = here.back;
  } else {
    // Twice the recurrence, the odd degree between eliminated.
    const Step above(d, degree + 1);
    const Step below(d, std::max(degree - 1, 0));
    out.slope = above.slope * here.slope;
    out.shift = -above.slope * here.back / below.slope - above.back;
    out.back = above.slope * here.back * below.back / below.slope;
  }
  const double top = block_.radii == Radii::constant ? n : n + 0.5 * l;
  out.log_front = 0.5 * log_count(d, degree) + std::lgamma(top) - std::lgamma(n + l);
  return out;
}

Scaled HarmonicSeries::coefficient(const HarmonicDegree& degree, double s,
                                   double log_weight) const {
  if (degree.degree > 0 && s == 0.0) return {};
  const double n = 0.5 * block_.dim;
  const double l = degree.degree;
  const double x = 0.5 * s;
  const bool sum = row_.argument == RowLaw::Argument::sum;
  const auto power = [&](double base) { return l == 0.0 ? 0.0 : 0.5 * l * std::log(base); };
  if (block_.radii == Radii::sampled) {
    if (l == 0.0) return {1.0, degree.log_front - (sum ? 0.0 : x)};
    constexpr double kNothing = -800.0;  // and the transform is at most 1
    if (degree.log_front + power(x) + log_weight < kNothing) return {};
    const double a = sum ? n + 0.5 * l : 0.5 * l;
    return {1.0, degree.log_front + power(x) + log_beta_transform(a, n + l, x)};
  }
  // 0F1(; n + l; +-y) in the normalisation of `sphere.hpp`.
  const double y = n * x * (sum ? 1.0 - 4.0 * row_.a : 1.0);
  const double dim = block_.dim + 2.0 * l;
  const double square = 4.0 * y / dim;
  const double log_size = degree.log_front + power(y);
  if (sum) {
    const double half_exponent =
        0.5 * (sphere_exponent(block_.dim, row_.a, s) + block_.dim * std::log1p(-4.0 * row_.a));
    return {1.0, log_size + sphere_log_exponential(dim, square) + half_exponent};
  }
  return {sphere_cosine(dim, square), log_size};
}

}  // namespace bochner::estimator
