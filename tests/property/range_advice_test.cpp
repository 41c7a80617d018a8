// SPDX-License-Identifier: Apache-2.0
#include "property/bounded.hpp"

#include <bochner/core/matrix.hpp>
#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/estimator/optimal_centring.hpp>
#include <bochner/estimator/optimal_parameter.hpp>
#include <bochner/estimator/plan.hpp>
#include <bochner/estimator/recommend.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace bochner;

namespace {

constexpr Index kDim = 3;

}  // namespace

TEST_CASE("optimal parameters over all numbers there are", "[range]") {
  using R = boost::multiprecision::cpp_bin_float_100;
  for (const Index dim : {Index{1}, Index{3}, Index{512}}) {
    for (double log_z2 = -300.0; log_z2 <= 308.0; log_z2 += 4.0) {
      const double z2 = std::pow(10.0, log_z2);
      CAPTURE(dim, z2);
      const auto optimum = [](const R& p) -> R {
        return -p / 8 * (1 + (6 + 2 * p) / (1 + sqrt((1 + 2 * p) * (1 + 2 * p) + 8 * p)));
      };
      const R exact = optimum(R(z2) / dim);
      CHECK(optimal_oprf_parameter(z2, dim) ==
            Approx(static_cast<double>(exact)).epsilon(1e-14).margin(0.0));
      const R a = optimal_hyperbolic_oprf_parameter(z2, dim);
      const R k = 2 * R(z2) * (1 - 4 * a) / (1 - 8 * a);
      const R fixed = optimum(R(z2) / dim / (1 + exp(-k)));
      CHECK(static_cast<double>(a) ==
            Approx(static_cast<double>(fixed)).epsilon(1e-12).margin(0.0));
    }
  }
}

TEST_CASE("centring and estimates at every place and size", "[range]") {
  for (const double offset : property::kOffsets) {
    for (const double scale : property::kScales) {
      CAPTURE(offset, scale);
      const Matrix<double> x = property::rows_at(20, kDim, offset, scale);
      const PairTransform centring =
          optimal_centring(SoftmaxKernel{}, PositiveFeatures{}, x.view(), x.view());
      for (Index k = 0; k < kDim; ++k) {
        long double mean = 0;
        for (Index i = 0; i < 20; ++i) mean += static_cast<long double>(x(i, k)) / 20;
        const double largest = scale * (offset + 2.0);
        CHECK(std::abs(static_cast<double>(centring.query[static_cast<std::size_t>(k)] - mean)) <=
              1e-14 * largest);
      }
      const FeatureMap<double> map({.input_dim = kDim,
                                    .num_frequencies = 64,
                                    .kernel = GaussianKernel{Isotropic{scale}},
                                    .projection = IidProjection{},
                                    .features = TrigonometricFeatures{}});
      const KernelEstimate same =
          estimate(map, x.view().middle_rows(0, 1), x.view().middle_rows(0, 1)).front();
      CHECK(same.value == Approx(1.0));
      CHECK(same.standard_error < 1e-7);
    }
  }
}

TEST_CASE("recommendations from rows at every place and size take bounded time", "[range]") {
  for (const double offset : property::kOffsets) {
    for (const double scale : {1e-30, 1.0, 1e30}) {
      CAPTURE(offset, scale);
      const Matrix<double> x = property::rows_at(40, kDim, offset, scale);
      for (const Kernel& kernel :
           {Kernel(GaussianKernel{Isotropic{scale}}), Kernel(SoftmaxKernel{1.0 / (scale * scale)}),
            Kernel(MaternKernel{1.5, Isotropic{scale}})}) {
        CAPTURE(to_text(kernel));
        const property::Watch watch(20.0);
        const Recommendation advice = recommend(kernel, x.view(), x.view(), {.num_features = 64});
        for (const Candidate& candidate : advice.ranked) CHECK_FALSE(std::isnan(candidate.error));
        // A kernel of differences sees no offset, and trigonometric features reach it.
        if (!std::holds_alternative<SoftmaxKernel>(kernel)) {
          CHECK(advice.ranked.front().error < 0.1);
        }
      }
    }
  }
}
