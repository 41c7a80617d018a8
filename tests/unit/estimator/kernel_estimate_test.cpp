// SPDX-License-Identifier: Apache-2.0
#include "bochner/estimator/kernel_estimate.hpp"

#include "bochner/core/error.hpp"
#include "bochner/estimator/variance.hpp"
#include "estimator/block_spread.hpp"
#include "support/contributions.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace bochner;
using namespace bochner::estimator;
using namespace bochner::testing;

TEST_CASE("an estimate is the mean over frequencies, its error that of the blocks", "[estimate]") {
  for (const Projection& projection :
       {Projection{IidProjection{}}, Projection{OrthogonalProjection{}}}) {
    for (const FeatureFunction& features :
         {FeatureFunction{TrigonometricFeatures{}}, FeatureFunction{CosineFeatures{}},
          FeatureFunction{PositiveFeatures{}}, FeatureFunction{HyperbolicFeatures{}}}) {
      Setting at = setting(6, 21, 0.7, SoftmaxKernel{2.0}, features);
      at.spec.projection = projection;
      CAPTURE(to_text(at.spec));
      const bool iid = std::holds_alternative<IidProjection>(projection);
      const BlockSpread expected = block_spread(contributions(at), iid ? 1 : 6);
      const KernelEstimate got = estimate<double>(FeatureMap<double>(at.spec), at.x, at.y);
      CHECK(got.value == Approx(expected.mean));
      CHECK(got.standard_error == Approx(std::sqrt(expected.variance)));
      CHECK(got.blocks == (iid ? 21 : 4));
      CHECK(got.degrees_of_freedom == Approx(iid ? 20.0 : 2.5));
      CHECK(got.source == ErrorSource::blocks);

      const std::vector<float> x(at.x.begin(), at.x.end());
      const std::vector<float> y(at.y.begin(), at.y.end());
      const KernelEstimate single = estimate<float>(FeatureMap<float>(at.spec), x, y);
      CHECK(single.value == Approx(got.value).epsilon(1e-5));
      CHECK(single.standard_error == Approx(got.standard_error).epsilon(1e-3));
    }
  }
}

TEST_CASE("with fewer than two whole blocks the error is the closed form", "[estimate]") {
  for (const Index m : {1, 6, 11}) {
    const Setting at = setting(6, m, 0.7, SoftmaxKernel{}, PositiveFeatures{});
    const KernelEstimate got = estimate<double>(FeatureMap<double>(at.spec), at.x, at.y);
    CHECK(got.source == ErrorSource::closed_form);
    CHECK(got.standard_error == Approx(std::sqrt(kernel_moments(at.spec, at.x, at.y).variance)));
    CHECK(std::isinf(got.degrees_of_freedom));
    // The normal interval.
    CHECK(got.interval(0.95).high - got.value == Approx(1.959963985 * got.standard_error));
  }
}

TEST_CASE("estimates of many pairs, and refusals", "[estimate]") {
  const FeatureMap<double> map({.input_dim = 4, .num_frequencies = 12});
  Matrix<double> x(150, 4), y(150, 4);
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = std::sin(static_cast<double>(i));
    y.data()[i] = std::cos(static_cast<double>(3 * i));
  }
  const auto all = estimate<double>(map, x.view(), y.view(), Execution{3});
  REQUIRE(all.size() == 150);
  for (Index i = 0; i < 150; ++i) {
    const auto one = estimate<double>(map, std::span<const double>(x.row(i), 4),
                                      std::span<const double>(y.row(i), 4));
    CHECK(all[static_cast<std::size_t>(i)].value == one.value);
    CHECK(all[static_cast<std::size_t>(i)].standard_error == one.standard_error);
  }
  CHECK_THROWS_WITH(estimate<double>(map, x.view(), y.view().middle_rows(0, 3)),
                    "estimate: y is 3 x 4, expected 150 x m (one per row of x)");
  CHECK_THROWS_WITH(estimate<double>(map, x.view().middle_cols(0, 3), y.view()),
                    "estimate: x is 150 x 3, expected n x 4 (the spec's input_dim)");
  x(140, 2) = NAN;
  CHECK_THROWS_WITH(estimate<double>(map, x.view(), y.view()),
                    "estimate: x: row 140, column 2 is nan, expected a finite number");
  CHECK_THROWS_WITH(all[0].interval(1.0),
                    "KernelEstimate::interval: level is 1, expected a number between 0 and 1");
  CHECK(estimate<double>(map, MatrixView<const double>(nullptr, 0, 4),
                         MatrixView<const double>(nullptr, 0, 4))
            .empty());
}
