// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/kernel/kernel.hpp>

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
  CHECK_THROWS_WITH(value(GaussianKernel{Full{{1.0, 2.0, nan, 1.0}}}), Contains("entry 2"));
  CHECK_THROWS_AS(evaluate(GaussianKernel{}, x.data(), x.data(), 0), InvalidArgument);
  CHECK(SoftmaxKernel::for_dimension(64).scale == 0.125);
  CHECK_THROWS_AS(SoftmaxKernel::for_dimension(0), InvalidArgument);
}
