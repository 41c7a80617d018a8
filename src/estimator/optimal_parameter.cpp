// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/optimal_parameter.hpp"

#include "core/door.hpp"
#include "estimator/hypotenuse.hpp"
#include "estimator/row_law.hpp"
#include "features/parameter.hpp"

#include <cmath>
#include <iterator>
#include <string>
#include <utility>

namespace bochner {

using namespace estimator;

namespace {

/// Not negative zero at 0.
double one_sided_optimum(double p) {
  if (p <= 1.0) {
    const double root = hypotenuse(1.0 + 2.0 * p, std::sqrt(8.0 * p));
    return 0.0 - 0.125 * p * (1.0 + (6.0 + 2.0 * p) / (1.0 + root));
  }
  // In units of p, which may be as large as a number can be.
  const double q = 1.0 / p;
  const double root = hypotenuse(q + 2.0, std::sqrt(8.0 * q));
  return 0.0 - 0.125 * p * (1.0 + (6.0 * q + 2.0) / (q + root));
}

constexpr int kMaxIterations = 100;  // a dozen reach the last bit

void require_squares(const Door& door, std::span<const double> z2) {
  door.at_least("the number of entries of z2", std::ssize(z2), 1).finite("z2", z2);
  for (std::size_t l = 0; l < z2.size(); ++l) {
    door.not_negative("z2[" + std::to_string(l) + "]", z2[l]);
  }
}

}  // namespace

double optimal_oprf_parameter(double z2, Index dim) {
  Door("optimal_oprf_parameter").not_negative("z2", z2).at_least("dim", dim, 1);
  return one_sided_optimum(z2 / static_cast<double>(dim));
}

double optimal_hyperbolic_oprf_parameter(double z2, Index dim) {
  Door("optimal_hyperbolic_oprf_parameter").not_negative("z2", z2).at_least("dim", dim, 1);
  const double p = z2 / static_cast<double>(dim);
  double a = one_sided_optimum(p);
  for (int i = 0; i < kMaxIterations; ++i) {
    const double k = z2 * (1.0 + 1.0 / (1.0 - 8.0 * a));
    const double next = one_sided_optimum(p / (1.0 + std::exp(-k)));
    if (next == a) break;
    a = next;
  }
  return a;
}

std::vector<double> optimal_oprf_parameters(std::span<const double> z2) {
  require_squares(Door("optimal_oprf_parameters"), z2);
  std::vector<double> a;
  for (const double square : z2) a.push_back(one_sided_optimum(square));
  return a;
}

std::vector<double> optimal_hyperbolic_oprf_parameters(std::span<const double> z2) {
  require_squares(Door("optimal_hyperbolic_oprf_parameters"), z2);
  std::vector<double> a(z2.size(), 0.0);
  for (int i = 0; i < kMaxIterations; ++i) {
    double k = 0.0;
    for (std::size_t l = 0; l < a.size(); ++l) k += z2[l] * (1.0 + 1.0 / (1.0 - 8.0 * a[l]));
    std::vector<double> next;
    for (const double square : z2) next.push_back(one_sided_optimum(square / (1.0 + std::exp(-k))));
    if (next == a) break;
    a = std::move(next);
  }
  return a;
}

FeatureFunction with_optimal_parameters(FeatureFunction features, std::span<const double> z2) {
  require_squares(Door("with_optimal_parameters"), z2);
  if (PerDirection* const a = feature_functions::parameter_of(features)) {
    const bool one_sided = row_law(features).sides == RowLaw::Sides::one;
    *a = one_sided ? optimal_oprf_parameters(z2) : optimal_hyperbolic_oprf_parameters(z2);
  }
  return features;
}

bool has_parameter(const FeatureFunction& features) {
  return feature_functions::parameter_of(features) != nullptr;
}

FeatureFunction with_optimal_parameter(FeatureFunction features, double z2, Index dim) {
  if (PerDirection* const a = feature_functions::parameter_of(features)) {
    const bool one_sided = row_law(features).sides == RowLaw::Sides::one;
    *a = one_sided ? optimal_oprf_parameter(z2, dim) : optimal_hyperbolic_oprf_parameter(z2, dim);
  }
  return features;
}

}  // namespace bochner
