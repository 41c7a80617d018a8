// SPDX-License-Identifier: Apache-2.0
#include "estimator/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

namespace bochner::estimator {
namespace {

using Complex = std::complex<double>;

/// Below this shape the logarithm's law is so wide that it needs too many nodes.
constexpr double kSmallestShape = 0.05;

/// `u_of(g)` over G ~ Gamma(shape).
template <class F>
std::vector<ScaleNode> gamma_nodes(double shape, const F& u_of) {
  if (shape < kSmallestShape) return {};
  // The density of t = log(g / shape) is proportional to e^{shape (t + 1 - e^t)}. Its
  // characteristic function, and those of the low moments, fall like a power times e^{-pi w / 2},
  // or like e^{-w^2 / 2 shape} for large shapes: at w = 2 pi / step they are below 1e-15.
  const double step = std::min(0.2, 0.5 / std::sqrt(shape));
  constexpr double kLogNothing = -44.0;
  std::vector<ScaleNode> nodes;
  double total = 0.0;
  const auto add = [&](double t) {
    const double log_weight = shape * (t - std::expm1(t));
    if (log_weight < kLogNothing) return false;
    nodes.push_back({u_of(shape * std::exp(t)), std::exp(log_weight)});
    total += nodes.back().weight;
    return true;
  };
  for (int k = 0; add(k * step); ++k) {
  }
  for (int k = 1; add(-k * step); ++k) {
  }
  for (ScaleNode& node : nodes) node.weight /= total;
  return nodes;
}

std::vector<ScaleNode> nodes_of(const ConstantScale& law) { return {{law.square, 1.0}}; }
std::vector<ScaleNode> nodes_of(const GammaScale& law) {
  return gamma_nodes(law.shape, [&](double g) { return law.factor * g; });
}
std::vector<ScaleNode> nodes_of(const InverseGammaScale& law) {
  return gamma_nodes(law.shape, [&](double g) { return law.factor / g; });
}
std::vector<ScaleNode> nodes_of(const StableScale& /*law*/) { return {}; }

/// 1 - k(s)
double loss(const std::vector<ScaleNode>& scales, double s) {
  double sum = 0.0;
  for (const auto& [u, weight] : scales) sum -= weight * std::expm1(-0.5 * u * s);
  return sum;
}

/// log(1 + z) and e^z - 1 without cancellation near zero.
Complex log1p(Complex z) {
  const double x = z.real();
  const double y = z.imag();
  return {0.5 * std::log1p(2.0 * x + (x * x + y * y)), std::atan2(y, 1.0 + x)};
}
Complex expm1(Complex z) {
  const double half = std::sin(0.5 * z.imag());
  const double growth = std::expm1(z.real());
  return {growth * std::cos(z.imag()) - 2.0 * half * half, (growth + 1.0) * std::sin(z.imag())};
}

}  // namespace

std::vector<ScaleNode> scale_nodes(const ScaleLaw& law) {
  return std::visit([](const auto& l) { return nodes_of(l); }, law);
}

double mixture_variance(const std::vector<ScaleNode>& scales, double s) {
  const double mean = loss(scales, s);
  double sum = 0.0;
  for (const auto& [u, weight] : scales) {
    const double within = std::expm1(-u * s);
    const double between = -std::expm1(-0.5 * u * s) - mean;
    sum += weight * (0.5 * within * within + between * between);
  }
  return sum;
}

double mixture_covariance(const std::vector<ScaleNode>& scales, double dim, double s) {
  const double n = 0.5 * dim;
  // p = crossing (1 + i t)^2 passes to the right of the saddle point n of e^p p^{-n}, where little
  // cancels; its real part is crossing (1 - t^2), so that e^p ends it.
  constexpr double kClearance = 6.0;
  constexpr int kNodes = 48;
  const double crossing = n + kClearance;
  const double end = n > 2.0 ? 1.15 * std::sqrt(46.0 / crossing) : 3.2;
  const double step = end / kNodes;
  // Large terms that cancel in the exponent: Gamma(n) e^p p^{-n}.
  using Wide = std::complex<long double>;
  const auto order = static_cast<long double>(n);
  const long double log_gamma = std::lgamma(order);
  double sum = 0.0;
  for (int k = 0; k < kNodes; ++k) {
    const double t = (k + 0.5) * step;
    const Complex root(1.0, t);
    const Complex p = crossing * root * root;
    const Complex slope = 2.0 * crossing * Complex(0.0, 1.0) * root;
    Complex deviation = 0.0;
    for (const auto& [u, weight] : scales) {
      deviation += weight * expm1(-n * log1p(0.5 * s * u / p));
    }
    const Wide wide(p);
    const Wide front = std::exp(wide - order * std::log(wide) + log_gamma);
    sum += (Complex(front) * deviation * deviation * slope).imag();
  }
  const double mean = loss(scales, s);
  return sum * step / M_PI - mean * mean;
}

}  // namespace bochner::estimator
