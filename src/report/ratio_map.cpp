// SPDX-License-Identifier: Apache-2.0
#include "report/ratio_map.hpp"

#include "bochner/estimator/optimal_parameter.hpp"
#include "bochner/estimator/variance.hpp"
#include "report/heat_map.hpp"

#include <cmath>
#include <numbers>
#include <vector>

namespace bochner::report {
namespace {

constexpr int kNorms = 32;
constexpr int kAngles = 48;
constexpr double kLargest = 6.0;

/// log Var at F = 2 `dimension` columns.
double log_variance(Index dimension, const Projection& projection, const FeatureFunction& features,
                    const std::vector<double>& x, const std::vector<double>& y) {
  FeatureMapSpec spec{.input_dim = dimension,
                      .num_frequencies = 1,
                      .kernel = SoftmaxKernel{1.0},
                      .projection = projection,
                      .features = features,
                      .seed = {},
                      .transform = {}};
  spec.num_frequencies = 2 * dimension / num_features(spec);
  return kernel_moments(spec, x, y).log_variance;
}

template <class Ratio>
HeatMap drawn(const std::string& title, const std::string& subtitle, const std::string& above,
              Index dimension, double longest, const Ratio& ratio) {
  HeatMap map;
  map.title = title;
  map.subtitle = subtitle;
  map.x_label = "angle between x and y";
  map.y_label = "|x| = |y|";
  map.above = above;
  map.below = "trigonometric better";
  map.x_high = std::numbers::pi;
  map.y_high = longest;
  map.largest = kLargest;
  std::vector<double> x(static_cast<std::size_t>(dimension), 0.0);
  std::vector<double> y(x);
  for (int r = 0; r < kNorms; ++r) {
    const double norm = longest * (r + 0.5) / kNorms;
    std::vector<double>& row = map.values.emplace_back();
    for (int c = 0; c < kAngles; ++c) {
      const double angle = std::numbers::pi * (c + 0.5) / kAngles;
      x[0] = norm;
      y[0] = norm * std::cos(angle);
      y[1] = norm * std::sin(angle);
      row.push_back(ratio(x, y) * std::numbers::log10e);
    }
  }
  return map;
}

}  // namespace

std::string ratio_map_svg(Index dimension, double longest) {
  const std::string where = "log10 of the ratio of mean square errors, equal columns, dimension " +
                            std::to_string(dimension);
  return to_svg(
      {drawn("Trigonometric over positive, iid", where, "positive better", dimension, longest,
             [&](const std::vector<double>& x, const std::vector<double>& y) {
               return log_variance(dimension, IidProjection{}, TrigonometricFeatures{}, x, y) -
                      log_variance(dimension, IidProjection{}, PositiveFeatures{}, x, y);
             }),
       drawn("Trigonometric over hyperbolic OPRF, orthogonal", where, "hyperbolic better",
             dimension, longest,
             [&](const std::vector<double>& x, const std::vector<double>& y) {
               double z2 = 0.0;
               for (std::size_t k = 0; k < x.size(); ++k) z2 += (x[k] + y[k]) * (x[k] + y[k]);
               const HyperbolicOprfFeatures features{
                   optimal_hyperbolic_oprf_parameter(z2, dimension)};
               return log_variance(dimension, OrthogonalProjection{}, TrigonometricFeatures{}, x,
                                   y) -
                      log_variance(dimension, OrthogonalProjection{}, features, x, y);
             })},
      2);
}

}  // namespace bochner::report
