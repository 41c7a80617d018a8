// SPDX-License-Identifier: Apache-2.0
#include "support/fields.hpp"

#include <bochner/estimator/feature_error.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

FeatureMapSpec spec_of(Index frequencies, const Projection& projection = IidProjection{},
                       std::uint64_t seed = 1) {
  return {.input_dim = 4, .num_frequencies = frequencies, .projection = projection, .seed = {seed}};
}

/// The weighted mean of what each frequency contributes.
FeatureFunctional mean_of(const std::vector<double>& values) {
  return [&values](std::span<const double> weights) {
    double sum = 0.0;
    for (std::size_t j = 0; j < values.size(); ++j) sum += weights[j] * values[j];
    return std::vector{sum / static_cast<double>(values.size())};
  };
}

std::vector<double> numbers(Index count) {
  std::vector<double> out(static_cast<std::size_t>(count));
  Stream({5}, Purpose::study).normals(0, out);
  return out;
}

/// s^2 / B of the means of `blocks` blocks.
double textbook(const std::vector<double>& values, std::size_t blocks) {
  const std::size_t size = values.size() / blocks;
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double square = 0.0;
  for (std::size_t b = 0; b < blocks; ++b) {
    double sum = 0.0;
    for (std::size_t j = 0; j < size; ++j) sum += values[b * size + j];
    square += std::pow(sum / static_cast<double>(size) - mean, 2);
  }
  const auto count = static_cast<double>(blocks);
  return square / (count * (count - 1.0));
}

}  // namespace

TEST_CASE("options of feature errors list every member", "[fields]") {
  require_whole_options<FeatureErrorOptions>();
  require_whole<FeatureErrors>();
}

TEST_CASE("the jackknife of a mean is the textbook's, by blocks", "[estimator]") {
  const std::vector<double> values = numbers(48);
  for (const auto& [projection, blocks, degrees] :
       {std::tuple{Projection{IidProjection{}}, std::size_t{48}, 47.0},
        std::tuple{Projection{OrthogonalProjection{}}, std::size_t{12}, 11.0}}) {
    const FeatureErrors found = feature_error(spec_of(48, projection), mean_of(values));
    CHECK(found.resampling == Resampling::jackknife);
    CHECK(found.blocks == static_cast<Index>(blocks));
    CHECK(found.num_frequencies == 48);
    CHECK(found.degrees_of_freedom == std::vector{degrees});
    CHECK(std::abs(std::pow(found.standard_error[0], 2) - textbook(values, blocks)) < 1e-14);
    CHECK(std::abs(found.bias[0]) < 1e-13);
  }
}

TEST_CASE("a square shows its bias, and more than 64 blocks are left out in groups",
          "[estimator]") {
  const std::vector<double> values = numbers(512);
  const auto mean = mean_of(values);
  const FeatureErrors found = feature_error(spec_of(512), [&](std::span<const double> weights) {
    const double value = mean(weights).front();
    return std::vector{value * value, value};
  });
  CHECK(found.blocks == 512);
  CHECK(found.degrees_of_freedom == std::vector{63.0, 63.0});
  // E (mean)^2 - mu^2 = Var mean.
  CHECK(std::abs(found.bias[0] - textbook(values, 64)) < 1e-13);
  CHECK(std::abs(found.bias[1]) < 1e-13);
  const double expected = 2.0 * std::abs(found.value[1]) * found.standard_error[1];
  CHECK(std::abs(found.standard_error[0] / expected - 1.0) < 0.3);
}

TEST_CASE("a truncated block counts for less", "[estimator]") {
  const std::vector<double> values = numbers(42);
  const FeatureErrors found = feature_error(spec_of(42, OrthogonalProjection{}), mean_of(values));
  CHECK(found.blocks == 11);
  CHECK(found.degrees_of_freedom == std::vector{9.5});
  CHECK(std::abs(found.bias[0]) < 1e-13);
  CHECK(found.standard_error[0] > 0.0);
}

TEST_CASE("few blocks are drawn with replacement", "[estimator]") {
  const std::vector<double> values = numbers(24);
  constexpr Index kReplicates = 20000;
  const FeatureErrors found = feature_error(spec_of(24, OrthogonalProjection{}), mean_of(values),
                                            {.replicates = kReplicates, .seed = {3}});
  CHECK(found.resampling == Resampling::bootstrap);
  CHECK(found.degrees_of_freedom == std::vector{5.0});
  const double ratio = std::pow(found.standard_error[0], 2) / textbook(values, 6);
  CHECK(std::abs(ratio - 1.0) < 6.0 * std::sqrt(2.0 / kReplicates));
  CHECK(std::abs(found.bias[0]) < 6.0 * found.standard_error[0] / std::sqrt(kReplicates));
  const FeatureErrors same = feature_error(spec_of(24, OrthogonalProjection{}), mean_of(values),
                                           {.replicates = kReplicates, .seed = {3}});
  CHECK(same.standard_error == found.standard_error);
  const FeatureErrors asked = feature_error(spec_of(24, OrthogonalProjection{}), mean_of(values),
                                            {.resampling = Resampling::jackknife});
  CHECK(std::abs(std::pow(asked.standard_error[0], 2) - textbook(values, 6)) < 1e-14);
}

TEST_CASE("errors of two maps add up, unless they share a draw", "[estimator]") {
  const std::vector<double> values = numbers(40);
  const auto mean = mean_of(values);
  const auto difference = [&](std::span<const double> x, std::span<const double> y) {
    return std::vector{mean(x).front() - mean(y).front()};
  };
  const double one = textbook(values, 40);
  const FeatureErrors apart =
      feature_error(spec_of(40), spec_of(40, IidProjection{}, 2), difference);
  CHECK(std::abs(std::pow(apart.standard_error[0], 2) - 2.0 * one) < 1e-14);
  CHECK(std::abs(apart.degrees_of_freedom[0] - 78.0) < 1e-9);
  const FeatureErrors together = feature_error(spec_of(40), spec_of(40), difference);
  CHECK(together.standard_error[0] < 1e-14);
  CHECK_THROWS_WITH(feature_error(spec_of(40), spec_of(20), difference), Contains("share a seed"));
}

TEST_CASE("intervals and extrapolation of feature errors", "[estimator]") {
  const std::vector<double> values = numbers(48);
  const FeatureErrors found = feature_error(spec_of(48, OrthogonalProjection{}), mean_of(values));
  const Interval interval = found.interval(0, 0.95);
  CHECK(std::abs((interval.high - interval.low) / (2.0 * found.standard_error[0]) - 2.200985) <
        1e-5);
  const double se = found.standard_error[0];
  CHECK(found.frequencies_needed(0, se) == 48);
  CHECK(found.frequencies_needed(0, se / 2.0) == 192);
  CHECK(found.frequencies_needed(0, 10.0 * se) == 4);
  CHECK(found.frequencies_needed(0, 0.99 * se) == 52);
  CHECK_THROWS_WITH(found.frequencies_needed(0, 0.0), Contains("standard_error is 0"));
  CHECK_THROWS_WITH(found.frequencies_needed(0, se * 1e-7), Contains("more than 2^40"));
  CHECK_THROWS_WITH(found.frequencies_needed(1, se), Contains("result"));
  CHECK_THROWS_WITH(found.interval(0, 1.0), Contains("level is 1"));
}

TEST_CASE("draws of one block and odd functionals are refused", "[estimator][bad]") {
  const std::vector<double> values = numbers(16);
  for (const auto& [projection, frequencies] :
       {std::pair{Projection{OrthogonalProjection{}}, Index{4}},
        std::pair{Projection{IidProjection{}}, Index{1}},
        std::pair{Projection{SobolProjection{}}, Index{16}}}) {
    CHECK_THROWS_WITH(feature_error(spec_of(frequencies, projection), mean_of(values)),
                      Contains("are one block"));
  }
  Index calls = 0;
  CHECK_THROWS_WITH(feature_error(spec_of(16),
                                  [&](std::span<const double>) {
                                    return std::vector<double>(++calls > 3 ? 2 : 1);
                                  }),
                    Contains("the functional's results has 2 entries, expected 1"));
  CHECK_THROWS_WITH(feature_error(spec_of(16),
                                  [&](std::span<const double>) {
                                    return std::vector{std::numeric_limits<double>::quiet_NaN()};
                                  }),
                    Contains("the functional's results"));
  CHECK_THROWS_WITH(feature_error(spec_of(16), mean_of(values), {.replicates = 1}),
                    Contains("replicates is 1"));
  CHECK(feature_error(spec_of(16), [](std::span<const double>) {
          return std::vector<double>();
        }).value.empty());
}
