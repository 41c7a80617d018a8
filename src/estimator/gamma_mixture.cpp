// SPDX-License-Identifier: Apache-2.0
#include "estimator/gamma_mixture.hpp"

#include "linalg/symmetric_eigen.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <boost/math/special_functions/gamma.hpp>

namespace bochner::estimator {
namespace {

constexpr std::size_t kMostPoints = 4;
constexpr std::size_t kMoments = 2 * kMostPoints + 1;  ///< from the zeroth on
/// Of the pivots that a law of many points has, i! variance^i with a unit mean: below it they are
/// zeros.
constexpr double kSingular = 1e-6;
/// Likewise: where a further point would have less, the law has none.
constexpr double kDegenerate = 1e-4;
/// Pivots have to be this far above rounding errors of moments near 1.
constexpr double kResolved = 1e-8;

using RawMoments = std::array<double, kMoments>;

/// Of sum w X with sum w = 1, from its cumulants 2^(k-1) (k-1)! sum w^k.
RawMoments moments_of(const std::vector<double>& weights) {
  double mean = 0.0;
  for (const double w : weights) mean += w;
  RawMoments cumulant{};
  double factor = 1.0;
  for (std::size_t k = 1; k < kMoments; ++k) {
    double sum = 0.0;
    for (const double w : weights) sum += std::pow(w / mean, static_cast<double>(k));
    cumulant[k] = factor * sum;
    factor *= 2.0 * static_cast<double>(k);
  }
  RawMoments moment{1.0};
  for (std::size_t n = 1; n < kMoments; ++n) {
    double binomial = 1.0;  // of n - 1 over k - 1
    for (std::size_t k = 1; k <= n; ++k) {
      moment[n] += binomial * cumulant[k] * moment[n - k];
      binomial *= static_cast<double>(n - k) / static_cast<double>(k);
    }
  }
  return moment;
}

/// RawMoments of the scales times the shape, if the shape is 1 / spread.
RawMoments moments_of_scales(RawMoments moment, double spread) {
  double rising = 1.0;
  for (std::size_t n = 1; n < kMoments; ++n) {
    moment[n] /= rising;
    rising *= 1.0 + static_cast<double>(n) * spread;
  }
  return moment;
}

/// The upper Cholesky factor of a Hankel matrix, up to its first zero pivot.
struct HankelFactor {
  std::array<std::array<double, kMostPoints + 1>, kMostPoints + 1> rows{};
  std::size_t rank = 0;
};

/// `variance` is that of the sum of unit mean.
HankelFactor factor(const RawMoments& moment, std::size_t order, double variance,
                    double least = kSingular) {
  HankelFactor out;
  auto& r = out.rows;
  double expected = 1.0;
  for (std::size_t i = 0; i < order; ++i) {
    if (i > 0) expected *= static_cast<double>(i) * variance;
    double pivot = moment[2 * i];
    for (std::size_t k = 0; k < i; ++k) pivot -= r[k][i] * r[k][i];
    if (!(pivot > least * expected)) return out;
    r[i][i] = std::sqrt(pivot);
    for (std::size_t j = i + 1; j <= kMostPoints; ++j) {
      double sum = moment[i + j];
      for (std::size_t k = 0; k < i; ++k) sum -= r[k][i] * r[k][j];
      r[i][j] = sum / r[i][i];
    }
    out.rank = i + 1;
  }
  return out;
}

/// How many points moments can tell apart.
std::size_t resolved_points(double variance) {
  double pivot = variance;
  std::size_t points = 1;
  while (points < kMostPoints) {
    pivot *= static_cast<double>(points + 1) * variance;
    if (pivot < kResolved) break;
    ++points;
  }
  return points;
}

/// A law of the scales: the least spread at which it has no more points than these.
struct MixingLaw {
  double spread;
  std::size_t points;
};

MixingLaw mixing_law(const RawMoments& moment) {
  const double variance = moment[2] - 1.0;
  MixingLaw law{variance, 1};
  const std::size_t most = resolved_points(variance);
  while (law.points < most) {
    const std::size_t points = law.points + 1;
    double low = 0.0;
    double high = law.spread;
    for (int i = 0; i < 100; ++i) {
      const double middle = 0.5 * (low + high);
      if (middle == low || middle == high) break;
      const RawMoments scales = moments_of_scales(moment, middle);
      (factor(scales, points + 1, variance).rank > points ? low : high) = middle;
    }
    const RawMoments scales = moments_of_scales(moment, low);
    if (factor(scales, points, variance, kDegenerate).rank < points) break;
    law = {low, points};
  }
  return law;
}

}  // namespace

double GammaMixture::tail(double x) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    sum += shares[i] * boost::math::gamma_q(shape, x / scales[i]);
  }
  return std::clamp(sum, 0.0, 1.0);
}

GammaMixture gamma_mixture(const std::vector<double>& weights) {
  const RawMoments moment = moments_of(weights);
  const auto [spread, most_points] = mixing_law(moment);
  const HankelFactor hankel =
      factor(moments_of_scales(moment, spread), most_points, moment[2] - 1.0);
  // The points of a law are the eigenvalues of its Jacobi matrix [GolubWelsch69].
  const auto& r = hankel.rows;
  const auto points = static_cast<Index>(hankel.rank);
  Matrix<double> jacobi(points, points);
  for (std::size_t i = 0; i < hankel.rank; ++i) {
    const auto at = static_cast<Index>(i);
    jacobi(at, at) = r[i][i + 1] / r[i][i] - (i > 0 ? r[i - 1][i] / r[i - 1][i - 1] : 0.0);
    if (i > 0) jacobi(at, at - 1) = r[i][i] / r[i - 1][i - 1];
  }
  double mean = 0.0;
  for (const double w : weights) mean += w;
  GammaMixture out{.shape = 1.0 / spread, .scales = {}, .shares = {}};
  const auto eigen = linalg::symmetric_eigen(jacobi.view());
  for (Index i = 0; eigen && i < points; ++i) {
    out.scales.push_back(mean * spread * eigen->values[static_cast<std::size_t>(i)]);
    out.shares.push_back(eigen->vectors(0, i) * eigen->vectors(0, i));
  }
  return out;
}

}  // namespace bochner::estimator
