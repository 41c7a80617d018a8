// SPDX-License-Identifier: Apache-2.0
#include "estimator/paired_radii.hpp"

#include "estimator/sphere.hpp"

#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/log1p.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace bochner::estimator {
namespace {

/// Aliasing: the nearest singularities, zeros of erfc, are 2.8 away from the line, and frequencies
/// of the integrand are below sqrt(s) plus nine.
constexpr double kStep = 0.125;
constexpr double kHighest = 2.0 * M_PI / kStep;
/// Beyond nine standard deviations nothing is left, and beyond this nothing of what an exponential
/// moves there: its part is below e^{-s/2} around sqrt(s / (1 - 4a)) < sqrt(2s).
constexpr double kDeviations = 9.0;
constexpr double kEnd = 25.0;
/// Of the weights, which fall from the first node on; the normal density at kDeviations is less.
constexpr double kLeastWeight = 1e-18;
constexpr double kLeastLog = -46.0;

/// e^x - 1 - x
double second_order(double x) {
  if (std::abs(x) > 0.5) return std::expm1(x) - x;
  double term = 0.5 * x * x;
  double sum = term;
  for (double k = 3.0; std::abs(term) > 1e-17 * std::abs(sum); k += 1.0) sum += term *= x / k;
  return sum;
}

}  // namespace

std::vector<PairedRadii::Node> PairedRadii::make_nodes(int level) const {
  const double n = 0.5 * dim_;
  const double step = std::ldexp(kStep, -level);
  const double end = level == 0 ? kEnd : kDeviations;
  std::vector<Node> nodes;
  double total = 0.0;
  for (int k = 0; k * step <= end; ++k) {
    const double x = k * step;
    const double tail = 0.5 * std::erfc(x * M_SQRT1_2);
    const double weight = (k == 0 ? 0.5 : 1.0) * std::exp(-0.5 * x * x);
    const double low = boost::math::gamma_p_inv(n, tail);
    const double high = boost::math::gamma_q_inv(n, tail);
    nodes.push_back({2.0 * ((low - n) + (high - n)), weight});
    total += weight;
  }
  for (Node& node : nodes) node.weight /= total;
  return nodes;
}

// What is built stays where it is.
const std::vector<PairedRadii::Node>& PairedRadii::nodes(int level) const {
  const std::lock_guard lock(building_);
  std::vector<Node>& out = nodes_[static_cast<std::size_t>(level)];
  if (out.empty()) out = make_nodes(level);
  return out;
}

// With t = (1 - 4a) s Q / d the mean of h1 h2 given Q is (1 - 4a)^d e^{2aQ} I(t), where I(t) =
// e^{t/2} (1 + b) (`sphere.hpp`). Of the exponent beyond s, the part in Q - 2d has the mean zero
// and is left out; the rest is of second order in a and s, as the result is.
double PairedRadii::deficit(double a, double s) const {
  const double slope = 2.0 * a + (1.0 - 4.0 * a) * s / (2.0 * dim_);
  const double constant = dim_ * boost::math::log1pmx(-4.0 * a) - 4.0 * a * s;
  constexpr double kSmall = 1.0;
  double sum = 0.0;
  double last = -std::numeric_limits<double>::infinity();
  for (const auto& [excess, weight] : nodes()) {
    const double t = (1.0 - 4.0 * a) * s * (2.0 + excess / dim_);
    // log I(t) is at most sqrt(d t): the logarithm of what a node adds at most rises and then
    // falls.
    const double most =
        std::log(weight) + constant + 2.0 * a * excess + std::sqrt(dim_ * t) - (1.0 - 4.0 * a) * s;
    if (weight < kLeastWeight && most < kLeastLog && most < last) break;
    last = most;
    if (std::abs(slope) * dim_ > kSmall || s > kSmall) {
      const double exponent = constant + 2.0 * a * excess + sphere_log_exponential(dim_, t) +
                              std::sqrt(dim_ * t) - (1.0 - 4.0 * a) * s;
      sum += weight * std::expm1(exponent);
      continue;
    }
    const double exponent = constant + slope * excess;
    sum += weight * (constant + second_order(exponent) +
                     std::exp(exponent) * sphere_exponential_bias(dim_, t));
  }
  return -sum;
}

double PairedRadii::cosine_covariance(double s) const {
  const auto argument = [&](double excess) { return s * (2.0 + excess / dim_); };
  constexpr double kSmall = 1.0;
  double sum = 0.0;
  if (s <= kSmall) {
    const double mean = std::exp(-s);
    for (const auto& [excess, weight] : nodes()) {
      sum += weight * (mean * second_order(-0.5 * s * excess / dim_) +
                       sphere_cosine_bias(dim_, argument(excess)));
    }
    return sum;
  }
  constexpr double kLargest = 1e6;
  if (s > kLargest) return -std::exp(-s);
  const double highest = std::sqrt(s) + kDeviations;
  const int level = std::max(0, static_cast<int>(std::ceil(std::log2(highest / kHighest))));
  const FarCosine far(dim_);
  for (const auto& [excess, weight] : nodes(level)) {
    // No cosine is larger than one: what has no weight beyond kDeviations has no part.
    if (weight < kLeastWeight) break;
    const double at = argument(excess);
    sum += weight * (far.covers(at) ? far(at) : sphere_cosine(dim_, at));
  }
  return sum - std::exp(-s);
}

}  // namespace bochner::estimator
