// SPDX-License-Identifier: Apache-2.0
#include "estimator/harmonics.hpp"

#include "estimator/poisson_sum.hpp"
#include "estimator/sphere.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

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
    const double coefficient = this->coefficient(degree, largest_square);
    const double size = coefficient * coefficient;
    sum += size;
    if (!std::isfinite(sum) || (l >= 4 && size <= kTolerance * sum)) break;
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
