// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/kernel/kernel.hpp>

#include "kernel/metric_transform.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("kernels have their textbook values", "[kernel]") {
  const std::array x{1.0, -2.0, 0.5};
  const std::array y{0.0, 1.0, 2.0};
  // x.y = -1, |x - y|^2 = 1 + 9 + 2.25
  CHECK(evaluate(SoftmaxKernel{0.5}, x.data(), y.data(), 3) == Approx(std::exp(-0.5)));
  CHECK(evaluate(GaussianKernel{Isotropic{2.0}}, x.data(), y.data(), 3) ==
        Approx(std::exp(-12.25 / 8.0)));
  CHECK(evaluate(GaussianKernel{Diagonal{{1.0, 3.0, 1.5}}}, x.data(), y.data(), 3) ==
        Approx(std::exp(-0.5 * (1.0 + 1.0 + 1.0))));
  const Full shear{{1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0}};
  CHECK(evaluate(GaussianKernel{shear}, x.data(), y.data(), 3) ==
        Approx(std::exp(-0.5 * (4.0 + 9.0 + 9.0))));
}

TEST_CASE("a Gaussian between close rows far from the origin keeps its digits", "[kernel]") {
  const std::array x{1e8};
  const std::array y{1e8 + 1.0};
  CHECK(evaluate(GaussianKernel{}, x.data(), y.data(), 1) == Approx(std::exp(-0.5)).epsilon(1e-14));
}

TEST_CASE("differences are taken before a lengthscale rounds them", "[kernel]") {
  // 1e12 / 0.3 is rounded to 5e-4; the difference is exactly 2.
  const std::array x{1e12 + 1.0, -1e12};
  const std::array y{1e12 - 1.0, -1e12};
  const double r = 2.0 / 0.3;
  const auto value = [&](const Kernel& kernel) { return evaluate(kernel, x.data(), y.data(), 2); };
  const Isotropic metric{0.3};
  const Full full{{1.0 / 0.3, 0.0, 0.1, 0.7}};
  CHECK(value(GaussianKernel{metric}) == Approx(std::exp(-0.5 * r * r)).epsilon(1e-14));
  CHECK(value(GaussianKernel{full}) == Approx(std::exp(-0.5 * (r * r + 0.04))).epsilon(1e-14));
  CHECK(value(LaplacianKernel{metric}) == Approx(std::exp(-r)).epsilon(1e-14));
  CHECK(value(ProductCauchyKernel{metric}) == Approx(1.0 / (1.0 + r * r)).epsilon(1e-14));
  CHECK(value(SumKernel{{{2.0, {0}, LaplacianKernel{metric}}}}) ==
        Approx(2.0 * std::exp(-r)).epsilon(1e-14));
}

TEST_CASE("inner products that cancel keep their digits", "[kernel]") {
  // (1e12 + 1)(1e12 - 1) - 1e24 + 3 = 2: the square needs 80 bits.
  const std::array x{1e12 + 1.0, -1e12, 1.0};
  const std::array y{1e12 - 1.0, 1e12, 3.0};
  CHECK(evaluate(PolynomialKernel{1, 0.0, {}}, x.data(), y.data(), 3) == 2.0);
  CHECK(evaluate(SoftmaxKernel{0.25}, x.data(), y.data(), 3) ==
        Approx(std::exp(0.5)).epsilon(1e-15));
  CHECK(evaluate(SumKernel{{{1.0, {}, PolynomialKernel{1, 0.0, {}}}}}, x.data(), y.data(), 3) ==
        2.0);
}

TEST_CASE("heavy tails are values or refusals, never zeros", "[kernel]") {
  const auto at = [](const Kernel& kernel, double distance) {
    const double origin = 0.0;
    return evaluate(kernel, &distance, &origin, 1);
  };
  // (1 + r^2 / (2 alpha))^-alpha, whose base overflows.
  CHECK(at(RationalQuadraticKernel{1e-300, {}}, 1e5) == Approx(1.0).epsilon(1e-15));
  CHECK(at(RationalQuadraticKernel{1e-3, {}}, 1e152) ==
        Approx(std::exp(-1e-3 * (304.0 * std::log(10.0) + std::log(500.0)))).epsilon(1e-13));
  // The square of the distance overflows: 0 where the tail has long ended, a refusal elsewhere.
  CHECK(at(GaussianKernel{}, 1e200) == 0.0);
  CHECK(at(MaternKernel{25.0, {}}, 1e200) == 0.0);
  CHECK(at(RationalQuadraticKernel{3.0, {}}, 1e200) == 0.0);
  CHECK_THROWS_WITH(at(RationalQuadraticKernel{1e-3, {}}, 1e200), Contains("overflows"));
  CHECK_THROWS_WITH(at(GeneralisedCauchyKernel{0.5, 0.01, {}}, 1e200), Contains("overflows"));
  CHECK_THROWS_WITH(at(SoftmaxKernel{}, std::numeric_limits<double>::infinity()),
                    Contains("x: row 0, column 0 is inf"));
  CHECK_THROWS_WITH(at(GaussianKernel{}, std::numeric_limits<double>::quiet_NaN()),
                    Contains("x: row 0, column 0 is nan"));
}

TEST_CASE("weights and offsets whose powers leave the range of double are refused", "[kernel]") {
  const double zero = 0.0;
  const auto value = [&](const Kernel& kernel) { return evaluate(kernel, &zero, &zero, 1); };
  const KernelTerm small{1e-200, {}, GaussianKernel{}};
  const KernelTerm large{1e200, {}, GaussianKernel{}};
  CHECK_THROWS_WITH(value(ProductKernel{{small, small}}), Contains("k(x, x) of all terms"));
  CHECK_THROWS_WITH(value(ProductKernel{{large, large}}), Contains("together is inf"));
  CHECK(value(ProductKernel{{small, large}}) == Approx(1.0));
  CHECK_THROWS_WITH(value(SpectralMixtureKernel{{{1e308, {0.0}, {1.0}}, {1e308, {0.0}, {1.0}}}}),
                    Contains("the sum of the weights is inf"));
  CHECK_THROWS_WITH(value(PolynomialKernel{32, 1e10, {}}), Contains("power 32"));
}

TEST_CASE("options that make no kernel are refused by name", "[kernel]") {
  const std::vector<double> x(2, 0.0);
  const auto value = [&](const Kernel& kernel) { return evaluate(kernel, x.data(), x.data(), 2); };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double bad : {0.0, -1.0, nan, std::numeric_limits<double>::infinity(), 1e-310}) {
    CHECK_THROWS_WITH(value(GaussianKernel{Isotropic{bad}}), Contains("gaussian: lengthscale is"));
    CHECK_THROWS_WITH(value(GaussianKernel{Diagonal{{1.0, bad}}}),
                      Contains("gaussian: lengthscales[1] is"));
  }
  for (const double bad : {0.0, -1.0, nan, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(value(SoftmaxKernel{bad}), Contains("softmax: scale is"));
  }
  CHECK_THROWS_WITH(value(GaussianKernel{Diagonal{{1.0}}}), Contains("has 1 entries, expected 2"));
  CHECK_THROWS_WITH(value(GaussianKernel{Full{{1.0, 2.0}}}), Contains("expected 2 x 2"));
  CHECK_THROWS_WITH(value(GaussianKernel{Full{{1.0, 2.0, nan, 1.0}}}),
                    Contains("matrix[2] is nan"));
  CHECK_THROWS_AS(evaluate(GaussianKernel{}, x.data(), x.data(), 0), InvalidArgument);
  CHECK(SoftmaxKernel::for_dimension(64).scale == 0.125);
  CHECK_THROWS_AS(SoftmaxKernel::for_dimension(0), InvalidArgument);
}

TEST_CASE("stretched metrics measure rows as shrunken ones were measured", "[kernel]") {
  const std::array x{1.0, -2.0};
  const std::array y{0.5, 1.0};
  constexpr double kFactor = 2.5;
  const std::array near{x[0] / kFactor, x[1] / kFactor};
  const std::array there{y[0] / kFactor, y[1] / kFactor};
  for (const Metric& metric :
       {Metric(Isotropic{1.5}), Metric(Diagonal{{0.7, 2.0}}), Metric(Full{{1.0, 0.5, 0.0, 2.0}})}) {
    Metric wide = metric;
    kernels::stretch(wide, kFactor);
    CHECK(evaluate(GaussianKernel{wide}, x.data(), y.data(), 2) ==
          Approx(evaluate(GaussianKernel{metric}, near.data(), there.data(), 2)).epsilon(1e-14));
    CHECK(wide != metric);
  }
}
