// SPDX-License-Identifier: Apache-2.0
#include "performer.hpp"
#include "support/statistics.hpp"

#include <bochner/client/gram.hpp>
#include <bochner/estimator/gram_error.hpp>

#include <cmath>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr int kDraws = 15;
constexpr Index kLength = 4096;

double median(const std::vector<double>& sorted) { return sorted[sorted.size() / 2]; }

/// The squared relative error of the matrix of kernel values over draws against its closed form,
/// which has none for its own variance: sigma is the sample's.
void check_matrix(const Performer& problem, FeatureMapSpec spec) {
  const PredictedGramError predicted =
      gram_error<double>(spec, problem.queries.view(), problem.keys.view());
  const double expected = predicted.relative_error * predicted.relative_error;
  std::vector<double> measured;
  for (int r = 1; r <= kDraws; ++r) {
    spec.seed = {static_cast<std::uint64_t>(r)};
    measured.push_back(std::pow(
        gram_distance<double>(FeatureMap<double>(spec), problem.queries.view(), problem.keys.view())
            .relative(),
        2));
  }
  const SampleMean sample = mean_with_error(measured);
  INFO(to_text(spec) << ": mean square " << sample.mean << " +- " << sample.standard_error
                     << ", predicted " << expected);
  CHECK(std::abs(sample.mean - expected) <= 5.0 * sample.standard_error);
  // It is a test: twice the error would be seen.
  CHECK(std::abs(sample.mean - 4.0 * expected) > 5.0 * sample.standard_error);
}

void check_matrices(Index length) {
  for (const double sigma : {0.25, 0.5}) {
    const Performer problem(length, sigma);
    for (const FeatureFunction& features :
         {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(HyperbolicOprfFeatures{})}) {
      for (const Projection& projection :
           {Projection(IidProjection{}), Projection(OrthogonalProjection{})}) {
        check_matrix(problem, problem.spec(features, projection, 256));
      }
    }
  }
}

}  // namespace

TEST_CASE("hyperbolic OPRF features beat FAVOR+ as [Choromanski21, fig. 4] is drawn",
          "[performer]") {
  for (const auto& [sigma, factor] : {std::pair{0.25, 5.0}, std::pair{0.5, 2.0}}) {
    const Performer problem(kLength, sigma);
    const OrthogonalProjection orthogonal{};
    const auto errors = [&](const FeatureFunction& features) {
      return problem.output_errors(problem.spec(features, orthogonal, 256), kDraws);
    };
    const double favor = mean(errors(PositiveFeatures{}));
    const double hyperbolic = mean(errors(HyperbolicOprfFeatures{}));
    CAPTURE(sigma, favor, hyperbolic);
    CHECK(favor >= factor * hyperbolic);
    // For small norms trigonometric features are as good: the paper's order is one of large norms.
    CHECK(mean(errors(TrigonometricFeatures{})) < favor);
    // The wrong variant: a circulating formula for the parameter, with |z|^2 in place of |z|^2 / d.
    FeatureMapSpec trap = problem.spec(HyperbolicOprfFeatures{}, orthogonal, 256);
    const double z2 = problem.mean_square;
    trap.features = HyperbolicOprfFeatures{
        (1.0 - 2.0 * z2 - std::sqrt((1.0 + 2.0 * z2) * (1.0 + 2.0 * z2) + 8.0 * z2)) / 8.0};
    CHECK(favor < factor * mean(problem.output_errors(trap, kDraws)));
  }
}

TEST_CASE("for large norms the medians are those of [Choromanski21, fig. 4]", "[performer]") {
  const Performer problem(kLength, 1.0);
  for (const Projection& projection :
       {Projection(IidProjection{}), Projection(OrthogonalProjection{})}) {
    const auto typical = [&](const FeatureFunction& features) {
      return median(problem.output_errors(problem.spec(features, projection, 64), kDraws));
    };
    CHECK(typical(TrigonometricFeatures{}) > 100.0 * typical(PositiveFeatures{}));
  }
}

TEST_CASE("errors of the matrix are the predicted ones", "[performer]") { check_matrices(512); }

TEST_CASE("errors of the whole matrix are the predicted ones", "[performer][.long]") {
  check_matrices(kLength);
}
