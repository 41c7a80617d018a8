// SPDX-License-Identifier: Apache-2.0
#include "performer.hpp"
#include "support/statistics.hpp"

#include <cmath>

using namespace bochner;
using namespace bochner::testing;

namespace {

/// Slope of log error in log m, by least squares.
double slope(const std::vector<double>& frequencies, const std::vector<double>& errors) {
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    x.push_back(std::log(frequencies[i]));
    y.push_back(std::log(errors[i]));
  }
  double along = 0.0;
  double square = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    along += (x[i] - mean(x)) * (y[i] - mean(y));
    square += (x[i] - mean(x)) * (x[i] - mean(x));
  }
  return along / square;
}

void check_slope(Index length, int draws) {
  const Performer problem(length, 0.25);
  for (const FeatureFunction& features :
       {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(HyperbolicOprfFeatures{})}) {
    std::vector<double> frequencies;
    std::vector<double> errors;
    std::vector<double> reused;
    for (Index m = 2 * Performer::kDim; m <= 1024; m *= 2) {
      FeatureMapSpec spec = problem.spec(features, OrthogonalProjection{}, 2 * m);
      frequencies.push_back(static_cast<double>(m));
      errors.push_back(std::sqrt(mean(problem.output_errors(spec, draws))));
      // The wrong variant: the first two blocks over and over, which is those two blocks.
      spec.num_frequencies = 2 * Performer::kDim;
      reused.push_back(m == 2 * Performer::kDim ? errors.back() : reused.front());
    }
    CAPTURE(to_text(features), errors);
    CHECK(slope(frequencies, errors) == Approx(-0.5).margin(0.05));
    CHECK_FALSE(slope(frequencies, reused) == Approx(-0.5).margin(0.05));
  }
}

}  // namespace

TEST_CASE("the error of the output falls as the root of the number of frequencies", "[slope]") {
  check_slope(512, 40);
}

TEST_CASE("the error of a long output falls as the root of the number of frequencies",
          "[slope][.long]") {
  check_slope(4096, 60);
}
