// SPDX-License-Identifier: Apache-2.0
#include "kernel/standard_form.hpp"
#include "mean_check.hpp"
#include "support/statistics.hpp"
#include "support/wrong_samplers.hpp"

#include <bochner/estimator/check.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/estimator/variance.hpp>

#include <cmath>
#include <numeric>
#include <utility>

using namespace bochner;
using namespace bochner::testing;

TEST_CASE("every map of a kernel with normal frequencies is unbiased", "[unbiased]") {
  check_means(
      [](const Kernel& k) {
        return is_normal(spectral_measure(k)) && !spectral_measure(k).rectifier();
      },
      100);
}

TEST_CASE("constant radii have the Bessel kernel's mean and not the kernel", "[unbiased]") {
  const Pair pair = dense_pair(3, 1.0, 1.0);
  const FeatureMapSpec spec =
      make_spec(3, 3, SoftmaxKernel{}, OrthogonalProjection{Radii::constant}, PositiveFeatures{});
  const CheckResult result =
      check_unbiased(spec, pair.x, pair.y, {.replicates = 40000, .seed = {77}});
  check_z(result.measured, result.expected, result.sigma);
  caught_z(result.measured, kernel_moments(spec, pair.x, pair.y).exact, result.sigma);
}

TEST_CASE(
    "positive features are unbiased along (1, ..., 1), without the sign correction they are not",
    "[unbiased]") {
  // 5 sigma below 1 %: the number of blocks follows from the closed-form variance of a block.
  for (const Index d : {Index{4}, Index{8}, Index{32}, Index{64}}) {
    const Pair pair = dense_pair(d, 1.0, 0.0);
    const FeatureMapSpec spec =
        make_spec(d, d, SoftmaxKernel{}, OrthogonalProjection{}, PositiveFeatures{});
    const KernelMoments moments = kernel_moments(spec, pair.x, pair.y);
    const double relative = moments.variance / (moments.exact * moments.exact);
    const auto blocks = static_cast<Index>(std::ceil(25.0 * relative / (0.0099 * 0.0099)));
    const CheckResult result = check_unbiased(
        spec, pair.x, pair.y, {.replicates = blocks, .seed = {static_cast<std::uint64_t>(d)}});
    REQUIRE(5.0 * result.sigma < 0.01 * moments.exact);
    check_z(result.measured, moments.exact, result.sigma);

    const SeededEstimate without_signs = [&](Seed seed) {
      const Matrix<double> w = unsigned_block(seed, d);
      double sum = 0.0;
      for (Index i = 0; i < d; ++i) {
        double projection = 0.0;
        for (Index k = 0; k < d; ++k) {
          projection +=
              w(i, k) * (pair.x[static_cast<std::size_t>(k)] + pair.y[static_cast<std::size_t>(k)]);
        }
        sum += std::exp(projection);
      }
      return sum / static_cast<double>(d) * moments.exact / std::exp(0.5);
    };
    const CheckResult wrong = check_unbiased(without_signs, moments.exact, moments.variance,
                                             {.replicates = blocks, .seed = {7}});
    caught_z(wrong.measured, wrong.expected, wrong.sigma);
  }
}

TEST_CASE("padded Hadamard blocks have the padded dimension's radii, the inputs' are caught",
          "[unbiased]") {
  constexpr Index kPadded = 16;
  constexpr Index kInputs = 10;
  const Pair pair = dense_pair(kInputs, 1.0, 1.0);
  for (const auto& [kernel, features] :
       {std::pair{Kernel(GaussianKernel{}), FeatureFunction(TrigonometricFeatures{})},
        std::pair{Kernel(SoftmaxKernel{}), FeatureFunction(PositiveFeatures{})}}) {
    const FeatureMapSpec spec = make_spec(kInputs, kPadded, kernel, HadamardProjection{}, features);
    const KernelMoments moments = kernel_moments(spec, pair.x, pair.y);
    const CheckOptions options{.replicates = 20000, .seed = {5}, .false_alarm = 1e-6};
    const CheckResult result = check_unbiased(spec, pair.x, pair.y, options);
    CAPTURE(result.sentence);
    // The residual bias of three rounds is within 0.2 %.
    CHECK(std::abs(result.measured - moments.exact) < 0.01 * moments.exact + 5.0 * result.sigma);

    // Radii of 10 instead of 16 dimensions are shorter by sqrt(10 / 16), as inputs would be.
    const double shrink = std::sqrt(static_cast<double>(kInputs) / kPadded);
    Pair shrunk = pair;
    for (std::size_t k = 0; k < shrunk.x.size(); ++k) {
      shrunk.x[k] *= shrink;
      shrunk.y[k] *= shrink;
    }
    const SeededEstimate estimate = estimates_of(spec, shrunk.x, shrunk.y);
    // The norms' factors of the softmax kernel are those of the inputs.
    const double norms = std::inner_product(pair.x.begin(), pair.x.end(), pair.x.begin(), 0.0) +
                         std::inner_product(pair.y.begin(), pair.y.end(), pair.y.begin(), 0.0);
    const double factor = std::holds_alternative<SoftmaxKernel>(kernel)
                              ? std::exp(-0.5 * norms * (1.0 - shrink * shrink))
                              : 1.0;
    const CheckResult wrong = check_unbiased([&](Seed seed) { return factor * estimate(seed); },
                                             moments.exact, moments.variance, options);
    CHECK_FALSE(wrong.passed());
    CHECK(std::abs(wrong.measured - moments.exact) > 0.1 * moments.exact);
  }
}
