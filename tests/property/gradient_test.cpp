// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace bochner;

namespace {

/// sum dphi phi for the row x, phi rescaled to the exponent `held`.
double objective(const FeatureMap<double>& map, Side side, const Matrix<double>& x,
                 const Matrix<double>& dphi, std::int32_t held) {
  const auto out = property::apply<double>(map, x, side);
  double sum = 0.0;
  for (Index j = 0; j < out.phi.cols(); ++j) sum += dphi(0, j) * out.phi(0, j);
  return std::ldexp(sum, out.exponent[0] - held);
}

/// The distance from x to the nearest plane w.x = 0, in the coordinate that gets there first.
double nearest_kink(const FeatureMap<double>& map, const Matrix<double>& x) {
  const Matrix<double> w = map.frequencies();
  double nearest = 1e300;
  for (Index j = 0; j < w.rows(); ++j) {
    double projection = 0.0;
    double largest = 0.0;
    for (Index k = 0; k < w.cols(); ++k) {
      projection += w(j, k) * x(0, k);
      largest = std::max(largest, std::abs(w(j, k)));
    }
    nearest = std::min(nearest, std::abs(projection) / largest);
  }
  return nearest;
}

}  // namespace

TEST_CASE("pullback is the gradient that finite differences see", "[property][gradient]") {
  // Fourth-order central differences: truncation h^4 |f'''''| / 30 and rounding eps / h, with
  // derivatives growing like |w|^5, leave about 1e-8 at this step.
  // Frequencies of heavy tails want a step as much shorter.
  constexpr double kStep = 1e-3;
  constexpr double kTypicalFrequency = 20.0;
  constexpr double kTolerance = 1e-7;
  for (const Index dim : {3, 20}) {
    for (const FeatureMapSpec& spec : property::specs(dim, 23)) {
      for (const Side side : {Side::query, Side::key}) {
        INFO(to_text(spec));
        const FeatureMap<double> map(spec);
        const bool has_kinks = std::holds_alternative<RectifiedFeatures>(spec.features);
        Matrix<double> x = property::rows<double>(1, dim, 0.3);
        // A rectifier's kink must not lie between the points of a difference.
        for (std::uint64_t item = 2; has_kinks && nearest_kink(map, x) < 3.0 * kStep; ++item) {
          x = property::rows<double>(1, dim, 0.3, item);
        }
        const Matrix<double> dphi = property::rows<double>(1, map.num_features(), 1.0, 1);
        Matrix<double> dx(1, dim);
        const double step =
            kStep * std::min(1.0, kTypicalFrequency / property::largest_frequency(map));
        map.pullback(side, x, dphi, dx);
        const std::int32_t held = property::apply<double>(map, x, side).exponent[0];
        double scale = 0.0;
        double worst = 0.0;
        for (Index k = 0; k < dim; ++k) {
          const double centre = x(0, k);
          const auto at = [&](double steps) {
            x(0, k) = centre + steps * step;
            return objective(map, side, x, dphi, held);
          };
          const double difference =
              (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * step);
          x(0, k) = centre;
          scale = std::max(scale, std::abs(difference));
          worst = std::max(worst, std::abs(difference - dx(0, k)));
        }
        if (property::has_steps(spec.kernel)) {
          CHECK(std::max(scale, worst) == 0.0);
          continue;
        }
        REQUIRE(scale > 1e-3);
        CHECK(worst < kTolerance * scale);
      }
    }
  }
}
