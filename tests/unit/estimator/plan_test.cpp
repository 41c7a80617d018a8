// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/matrix.hpp>
#include <bochner/estimator/plan.hpp>
#include <bochner/estimator/variance.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

FeatureMapSpec spec_of(Index dim, const Kernel& kernel, const Projection& projection,
                       const FeatureFunction& features) {
  return {.input_dim = dim,
          .num_frequencies = 1,
          .kernel = kernel,
          .projection = projection,
          .features = features,
          .seed = {},
          .transform = {}};
}

/// x and y with |x + y|^2 = sum and |x - y|^2 = difference.
struct Pair {
  Pair(Index dim, double sum, double difference)
      : x(static_cast<std::size_t>(dim), 0.0), y(static_cast<std::size_t>(dim), 0.0) {
    x[0] = 0.5 * std::sqrt(sum);
    y[0] = x[0];
    x[1] = 0.5 * std::sqrt(difference);
    y[1] = -x[1];
  }
  std::vector<double> x;
  std::vector<double> y;
};

constexpr double kQuantile = 1.959963984540054;  // of the normal law at 0.975

}  // namespace

TEST_CASE("textbook sample sizes at one pair", "[plan]") {
  // Paired features, |x - y|^2 = 1, absolute error 0.1, 95 %.
  const Pair pair(5, 0.3, 1.0);
  const FeatureMapSpec spec =
      spec_of(5, GaussianKernel{}, IidProjection{}, TrigonometricFeatures{});
  const ErrorTarget target{.error = 0.1, .unit = ErrorUnit::absolute, .confidence = 0.95};
  CHECK(frequencies_needed(spec, pair.x, pair.y, target).num_frequencies == 77);
  CHECK(frequencies_needed(spec, pair.x, pair.y, target, Basis::chebyshev).num_frequencies == 400);
  CHECK(frequencies_needed(spec, pair.x, pair.y, target, Basis::bernstein).num_frequencies == 187);

  // Positive features: relative variance e^z2 - 1 a row; 24 groups of 4 (e^z2 - 1) / error^2.
  const FeatureMapSpec positive = spec_of(5, SoftmaxKernel{}, IidProjection{}, PositiveFeatures{});
  const Pair close(5, 0.5, 0.3);
  const ErrorTarget relative{.error = 0.2, .unit = ErrorUnit::relative, .confidence = 0.95};
  const double groups = std::ceil(4.0 * std::expm1(0.5) / 0.04);
  const FrequencyPlan plan =
      frequencies_needed(positive, close.x, close.y, relative, Basis::median_of_means);
  CHECK(static_cast<double>(plan.num_frequencies) == 24.0 * groups);
  CHECK_THAT(plan.statement, Contains("in 24 groups"));
  CHECK_THROWS_WITH(frequencies_needed(positive, close.x, close.y, relative, Basis::bernstein),
                    Contains("bounded features"));
}

TEST_CASE("the plan is the smallest number, as a scan over all of them finds it", "[plan]") {
  for (const Projection& projection :
       {Projection(IidProjection{}), Projection(OrthogonalProjection{}),
        Projection(OrthogonalProjection{Radii::constant}), Projection(HadamardProjection{})}) {
    for (const FeatureFunction& features :
         {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(CosineFeatures{}),
          FeatureFunction(PositiveFeatures{}), FeatureFunction(HyperbolicOprfFeatures{-0.02})}) {
      for (const Index dim : {Index{2}, Index{3}, Index{16}, Index{24}}) {
        // At |x - y|^2 = 12 orthogonality harms trigonometric features in low dimension.
        for (const double difference : {0.4, 12.0}) {
          const Pair pair(dim, 0.6, difference);
          FeatureMapSpec spec = spec_of(dim, GaussianKernel{}, projection, features);
          const ErrorTarget target{.error = difference > 1.0 ? 30.0 : 0.15,
                                   .unit = ErrorUnit::relative,
                                   .confidence = 0.9};
          const FrequencyPlan plan = frequencies_needed(spec, pair.x, pair.y, target);
          const auto good = [&](Index m) {
            spec.num_frequencies = m;
            const KernelMoments moments = kernel_moments(spec, pair.x, pair.y);
            const double deviation = std::sqrt(moments.variance) / moments.exact;
            const double bias = moments.bias / moments.exact;
            const auto upper = [](double t) { return 0.5 * std::erfc(t / std::sqrt(2.0)); };
            return upper((target.error - bias) / deviation) +
                       upper((target.error + bias) / deviation) <=
                   0.1;
          };
          if (plan.num_frequencies == 0) continue;
          CAPTURE(to_text(spec), plan.num_frequencies);
          CHECK(good(plan.num_frequencies));
          CHECK(good(plan.whole_blocks));
          CHECK(plan.whole_blocks >= plan.num_frequencies);
          Index first = 1;
          while (!good(first)) ++first;
          CHECK(plan.num_frequencies == first);
        }
      }
    }
  }
}

TEST_CASE("a truncated block can be worse than fewer whole ones", "[plan]") {
  // Trigonometric, d = 64, |x - y|^2 = 1: the first m > 64 that beats m = 64 is 116.
  const Pair pair(64, 0.5, 1.0);
  FeatureMapSpec spec =
      spec_of(64, GaussianKernel{}, OrthogonalProjection{}, TrigonometricFeatures{});
  spec.num_frequencies = 64;
  const double error = kQuantile * std::sqrt(kernel_moments(spec, pair.x, pair.y).variance);
  const ErrorTarget reached{error * 1.000001, ErrorUnit::absolute, 0.95};
  CHECK(frequencies_needed(spec, pair.x, pair.y, reached).num_frequencies == 64);
  const ErrorTarget missed{error * 0.999999, ErrorUnit::absolute, 0.95};
  const FrequencyPlan next = frequencies_needed(spec, pair.x, pair.y, missed);
  CHECK(next.num_frequencies == 116);
  CHECK(next.whole_blocks == 128);
}

TEST_CASE("plans for matrices rest on the predicted Frobenius error", "[plan]") {
  Matrix<double> x(40, 8);
  Stream(Seed{1}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] *= 0.3;
  FeatureMapSpec spec = spec_of(8, SoftmaxKernel{}, OrthogonalProjection{}, HyperbolicFeatures{});
  const ErrorTarget target{.error = 0.02, .unit = ErrorUnit::relative, .confidence = 0.9};
  const FrequencyPlan plan = frequencies_needed(spec, x.view(), x.view(), target);
  spec.num_frequencies = plan.num_frequencies;
  CHECK(error_expected(spec, x.view(), x.view()).root_mean_square <= 0.02);
  CHECK(plan.root_mean_square == Approx(error_expected(spec, x.view(), x.view()).root_mean_square));
  spec.num_frequencies = plan.num_frequencies - 1;
  CHECK(error_expected(spec, x.view(), x.view()).root_mean_square > 0.02);
  const FrequencyPlan sure = frequencies_needed(spec, x.view(), x.view(), target, Basis::chebyshev);
  CHECK(static_cast<double>(sure.num_frequencies) ==
        Approx(10.0 * static_cast<double>(plan.num_frequencies)).epsilon(0.05));
  CHECK_THROWS_AS(frequencies_needed(spec, x.view(), x.view(), target, Basis::bernstein),
                  InvalidArgument);

  double mean = 0.0;
  for (Index i = 0; i < 40; ++i) {
    for (Index j = 0; j < 40; ++j) {
      for (Index k = 0; k < 8; ++k) mean += std::pow(x(i, k) + x(j, k), 2) / 1600.0;
    }
  }
  CHECK(error_expected(spec, x.view(), x.view()).mean_square_sum == Approx(mean));
}

TEST_CASE("uniform bounds have the constants of the paper", "[plan]") {
  // d = 1, diameter 4. The paper's coarser constants, 66 (4 / e)^2 exp(-2 m e^2 / 24), give e =
  // 0.274 with 95 % at m = 2000; the proposition itself has beta_1 = 12, power 2/3, and 1/2 + e/3
  // beside the 24.
  FeatureMapSpec spec = spec_of(1, GaussianKernel{}, IidProjection{}, TrigonometricFeatures{});
  const ErrorTarget target{.error = 0.274, .unit = ErrorUnit::absolute, .confidence = 0.95};
  const FrequencyPlan plan = frequencies_needed_uniformly(spec, 2.0, target);
  const auto doubt = [](double m, double e) {
    return 12.0 * std::pow(4.0 / e, 2.0 / 3.0) *
           std::exp(-2.0 * m * e * e / (24.0 * (0.5 + e / 3.0)));
  };
  CHECK(66.0 * std::pow(4.0 / 0.274, 2.0) * std::exp(-4000.0 * 0.274 * 0.274 / 24.0) ==
        Approx(0.05).epsilon(0.1));
  const auto m = static_cast<double>(plan.num_frequencies);
  CHECK(doubt(m, 0.274) <= 0.0501);
  CHECK(doubt(m - 1.0, 0.274) > 0.0499);
  spec.features = CosineFeatures{};
  CHECK(frequencies_needed_uniformly(spec, 2.0, target).num_frequencies > 2 * plan.num_frequencies);
  spec.kernel = SoftmaxKernel{};
  spec.features = PositiveFeatures{};
  const FrequencyPlan rate = frequencies_needed_uniformly(spec, 2.0, target);
  CHECK(rate.num_frequencies == 0);
  CHECK_THAT(rate.statement, Contains("of the order of"));
  spec.kernel = GaussianKernel{};
  CHECK_THROWS_WITH(frequencies_needed_uniformly(spec, 2.0, target), Contains("positive"));
}

TEST_CASE("what cannot be reached or trusted is said", "[plan]") {
  const Pair pair(8, 2.0, 0.5);
  FeatureMapSpec biased =
      spec_of(8, SoftmaxKernel{}, OrthogonalProjection{Radii::constant}, PositiveFeatures{});
  const FrequencyPlan never =
      frequencies_needed(biased, pair.x, pair.y, {.error = 0.001, .confidence = 0.95});
  CHECK(never.num_frequencies == 0);
  CHECK_THAT(never.warning, Contains("sampled radii"));

  const Pair far(8, 60.0, 0.5);
  const FeatureMapSpec positive =
      spec_of(8, SoftmaxKernel{}, OrthogonalProjection{}, PositiveFeatures{});
  CHECK_THAT(frequencies_needed(positive, far.x, far.y, {.error = 0.1}).warning,
             Contains("hyperbolic-oprf"));

  Matrix<double> x(4, 8);
  for (Index i = 0; i < 4; ++i) x(i, 0) = 3.0;
  FeatureMapSpec sized = positive;
  sized.num_frequencies = 64;
  CHECK_THAT(error_expected(sized, x.view(), x.view()).warning, Contains("no sample sees"));

  CHECK_THAT(frequencies_needed(positive, pair.x, pair.y, {.error = 5.0}).warning,
             Contains("fewer frequencies than one block"));
}

TEST_CASE("targets and pairs that make no sense are refused", "[plan]") {
  const Pair pair(8, 2.0, 0.5);
  const FeatureMapSpec spec =
      spec_of(8, GaussianKernel{}, IidProjection{}, TrigonometricFeatures{});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {0.0, -1.0, nan, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(frequencies_needed(spec, pair.x, pair.y, {.error = bad}),
                      Contains("ErrorTarget: error is"));
  }
  for (const double bad : {0.0, 1.0, nan}) {
    CHECK_THROWS_WITH(frequencies_needed(spec, pair.x, pair.y, {.error = 0.1, .confidence = bad}),
                      Contains("confidence is"));
  }
  const std::vector<double> shorter(7, 0.0);
  CHECK_THROWS_AS(frequencies_needed(spec, shorter, pair.y, {.error = 0.1}), InvalidArgument);
  CHECK_THROWS_WITH(frequencies_needed_uniformly(spec, 0.0, {.error = 0.1}),
                    Contains("radius is 0"));
  CHECK_THROWS_WITH(frequencies_needed_uniformly(spec, 1.0, {.error = 0.1}),
                    Contains("absolute error"));
}
