// SPDX-License-Identifier: Apache-2.0
#include "pairs.hpp"
#include "support/statistics.hpp"
#include "support/wrong_samplers.hpp"

#include <bochner/estimator/check.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/estimator/variance.hpp>

#include <cmath>
#include <functional>
#include <numbers>

// Mistakes, each of which the published checks must catch at their default false-alarm rate.

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 8;
const Pair kPair = dense_pair(kDim, 1.0, 1.0);

using Feature = std::function<double(const double* w, Index row)>;

/// The mean over the rows of w.
double mean_over_rows(const Matrix<double>& w, const Feature& f) {
  double sum = 0.0;
  for (Index i = 0; i < w.rows(); ++i) sum += f(w.row(i), i);
  return sum / static_cast<double>(w.rows());
}

double dot(const double* w, const std::vector<double>& x) {
  double sum = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += w[k] * x[k];
  return sum;
}

double squared_norm(const std::vector<double>& x) { return dot(x.data(), x); }

/// A positive feature pair with the norms' weights given.
Feature positive(double query_weight = 0.5, double key_weight = 0.5) {
  return [=](const double* w, Index) {
    return std::exp(dot(w, kPair.x) + dot(w, kPair.y) - query_weight * squared_norm(kPair.x) -
                    key_weight * squared_norm(kPair.y));
  };
}

FeatureMapSpec softmax_spec(const Projection& projection, const FeatureFunction& features,
                            Index frequencies = kDim) {
  return make_spec(kDim, frequencies, SoftmaxKernel{}, projection, features);
}

constexpr CheckOptions kOptions{.replicates = 20000, .seed = {2024}, .false_alarm = 1e-6};

/// The mean of a wrong estimate is distinguished from the right one's, which itself passes.
void caught_by_mean(const FeatureMapSpec& right, const SeededEstimate& wrong) {
  const KernelMoments moments = kernel_moments(right, kPair.x, kPair.y);
  CHECK(check_unbiased(right, kPair.x, kPair.y, kOptions).passed());
  const CheckResult result = check_unbiased(wrong, moments.exact, moments.variance, kOptions);
  INFO(result.sentence);
  CHECK_FALSE(result.passed());
}

void caught_by_variance(const FeatureMapSpec& right, const SeededEstimate& wrong) {
  CHECK(check_variance(right, kPair.x, kPair.y, kOptions).passed());
  const CheckResult result =
      check_variance(wrong, kernel_moments(right, kPair.x, kPair.y).variance, 0.0, kOptions);
  INFO(result.sentence);
  CHECK_FALSE(result.passed());
}

}  // namespace

TEST_CASE("QR without signs is caught", "[wrong]") {
  caught_by_mean(softmax_spec(OrthogonalProjection{}, PositiveFeatures{}),
                 [](Seed seed) { return mean_over_rows(unsigned_block(seed, kDim), positive()); });
}

TEST_CASE("radii chi(d - 1) are caught", "[wrong]") {
  caught_by_mean(softmax_spec(OrthogonalProjection{}, PositiveFeatures{}), [](Seed seed) {
    return mean_over_rows(block_with_chi(seed, kDim, kDim - 1), positive());
  });
}

TEST_CASE("constant radii passed off as exact are caught", "[wrong]") {
  caught_by_mean(softmax_spec(OrthogonalProjection{}, PositiveFeatures{}), [](Seed seed) {
    return mean_over_rows(block_with_constant_radii(seed, kDim), positive());
  });
}

TEST_CASE("constant radii of Hadamard blocks passed off as exact are caught", "[wrong]") {
  constexpr Index kPadded = 16;
  const Pair pair = dense_pair(kPadded, 2.0, 2.0);
  const auto spec = [](Radii radii) {
    return make_spec(kPadded, kPadded, SoftmaxKernel{}, HadamardProjection{.radii = radii},
                     PositiveFeatures{});
  };
  const FeatureMapSpec constant = spec(Radii::constant);
  CHECK(check_unbiased(constant, pair.x, pair.y, kOptions).passed());
  const FeatureMapSpec exact = spec(Radii::sampled);
  const KernelMoments moments = kernel_moments(exact, pair.x, pair.y);
  CHECK(check_unbiased(exact, pair.x, pair.y, kOptions).passed());
  const CheckResult result = check_unbiased(estimates_of(constant, pair.x, pair.y), moments.exact,
                                            moments.variance, kOptions);
  INFO(result.sentence);
  CHECK_FALSE(result.passed());
}

TEST_CASE("independent radii passed off as paired are caught by the variance", "[wrong]") {
  const auto spec = [](Radii radii) {
    return make_spec(kDim, kDim, GaussianKernel{}, OrthogonalProjection{radii},
                     TrigonometricFeatures{});
  };
  caught_by_variance(spec(Radii::paired), estimates_of(spec(Radii::sampled), kPair.x, kPair.y));
}

TEST_CASE("pairs of equal radii passed off as complementary are caught by the variance",
          "[wrong]") {
  const FeatureMapSpec right = make_spec(
      kDim, kDim, GaussianKernel{}, OrthogonalProjection{Radii::paired}, TrigonometricFeatures{});
  caught_by_variance(right, [](Seed seed) {
    Matrix<double> w = block_with_chi(seed, kDim, kDim);
    for (Index i = 1; i < kDim; i += 2) {
      const double ratio = std::sqrt(dot(w.row(i - 1), {w.row(i - 1), w.row(i - 1) + kDim}) /
                                     dot(w.row(i), {w.row(i), w.row(i) + kDim}));
      for (Index k = 0; k < kDim; ++k) w(i, k) *= ratio;
    }
    return mean_over_rows(w, [](const double* row, Index) {
      return std::cos(dot(row, kPair.x) - dot(row, kPair.y));
    });
  });
}

TEST_CASE("a block used twice is caught", "[wrong]") {
  caught_by_variance(softmax_spec(OrthogonalProjection{}, HyperbolicFeatures{}, 2 * kDim),
                     [](Seed seed) {
                       return mean_over_rows(reused_block(seed, kDim), [](const double* w, Index) {
                         return std::cosh(dot(w, kPair.x) + dot(w, kPair.y)) *
                                std::exp(-0.5 * (squared_norm(kPair.x) + squared_norm(kPair.y)));
                       });
                     });
}

TEST_CASE("a missing sqrt(2) in random-phase features is caught", "[wrong]") {
  caught_by_mean(
      make_spec(kDim, kDim, GaussianKernel{}, IidProjection{}, CosineFeatures{}), [](Seed seed) {
        return mean_over_rows(gaussian_rows(seed, kDim, kDim), [&](const double* w, Index i) {
          const double u = 2.0 * std::numbers::pi *
                           Stream(seed, Purpose::phases, static_cast<std::uint64_t>(i)).uniform(0);
          return std::cos(dot(w, kPair.x) + u) * std::cos(dot(w, kPair.y) + u);
        });
      });
}

TEST_CASE("a parameter from |z|^2 instead of |z|^2 / d is caught by the variance", "[wrong]") {
  const double right = optimal_oprf_parameter(1.0, kDim);
  const double wrong = optimal_oprf_parameter(1.0 * kDim, kDim);
  const FeatureMapSpec misread = softmax_spec(IidProjection{}, OprfFeatures{wrong});
  // It is unbiased all the same.
  CHECK(check_unbiased(misread, kPair.x, kPair.y, kOptions).passed());
  caught_by_variance(softmax_spec(IidProjection{}, OprfFeatures{right}),
                     estimates_of(misread, kPair.x, kPair.y));
}

TEST_CASE("-|x|^2 for -|x|^2 / 2 on keys is caught", "[wrong]") {
  caught_by_mean(softmax_spec(OrthogonalProjection{}, PositiveFeatures{}), [](Seed seed) {
    return mean_over_rows(block_with_chi(seed, kDim, kDim), positive(0.5, 1.0));
  });
}

TEST_CASE("points that are not scrambled are caught", "[wrong]") {
  caught_by_mean(softmax_spec(IidProjection{}, PositiveFeatures{}),
                 [](Seed) { return mean_over_rows(unscrambled_points(kDim, kDim), positive()); });
}

TEST_CASE("gamma for 2 gamma is caught", "[wrong]") {
  caught_by_mean(make_spec(kDim, kDim, GaussianKernel{}, IidProjection{}, TrigonometricFeatures{}),
                 [](Seed seed) {
                   return mean_over_rows(
                       gaussian_rows(seed, kDim, kDim), [](const double* w, Index) {
                         return std::cos(std::sqrt(2.0) * (dot(w, kPair.x) - dot(w, kPair.y)));
                       });
                 });
}

TEST_CASE("sines of other frequencies than the cosines are caught by the variance", "[wrong]") {
  // cos cos and sin sin are uncorrelated where |x + y| = |x - y|: another pair.
  const Pair pair = dense_pair(kDim, 3.0, 0.3);
  const FeatureMapSpec spec =
      make_spec(kDim, kDim, GaussianKernel{}, IidProjection{}, TrigonometricFeatures{});
  CHECK(check_variance(spec, pair.x, pair.y, kOptions).passed());
  const SeededEstimate wrong = [&](Seed seed) {
    const Matrix<double> v = gaussian_rows(seed, kDim, kDim, 1000);
    return mean_over_rows(gaussian_rows(seed, kDim, kDim), [&](const double* w, Index i) {
      return std::cos(dot(w, pair.x)) * std::cos(dot(w, pair.y)) +
             std::sin(dot(v.row(i), pair.x)) * std::sin(dot(v.row(i), pair.y));
    });
  };
  const double expected = kernel_moments(spec, pair.x, pair.y).variance;
  CHECK_FALSE(check_variance(wrong, expected, 0.0, kOptions).passed());
}

TEST_CASE("seeds cut to a few bits are caught", "[wrong]") {
  const FeatureMapSpec spec = softmax_spec(IidProjection{}, PositiveFeatures{});
  const SeededEstimate whole = estimates_of(spec, kPair.x, kPair.y);
  caught_by_mean(spec, [&](Seed seed) { return whole(Seed{seed.value & 3}); });
}

TEST_CASE("weights normalised by the root of m once too often are caught", "[wrong]") {
  const FeatureMapSpec spec = softmax_spec(IidProjection{}, PositiveFeatures{});
  const SeededEstimate right = estimates_of(spec, kPair.x, kPair.y);
  caught_by_mean(spec, [&](Seed seed) { return right(seed) / std::sqrt(double{kDim}); });
}

TEST_CASE("checks refuse options that decide nothing", "[check]") {
  const FeatureMapSpec spec = softmax_spec(IidProjection{}, PositiveFeatures{});
  CHECK_THROWS_AS(check_unbiased(spec, kPair.x, kPair.y, {.replicates = 1}), InvalidArgument);
  CHECK_THROWS_AS(
      check_unbiased(spec, kPair.x, kPair.y, {.replicates = 10, .seed = {}, .false_alarm = 0.0}),
      InvalidArgument);
  const SeededEstimate estimate = estimates_of(spec, kPair.x, kPair.y);
  CHECK_THROWS_AS(check_unbiased(estimate, 1.0, INFINITY), InvalidArgument);
  CHECK_THROWS_AS(check_variance(estimate, 0.0), InvalidArgument);
  CHECK_THROWS_AS(estimates_of(spec, std::vector<double>(3), kPair.y), InvalidArgument);
}
