// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/kernel/kernel.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("spectral mixtures have their formula", "[kernel]") {
  const std::array x{1.0, -0.5};
  const std::array y{0.2, 0.1};
  const double d0 = 0.8;
  const double d1 = -0.6;
  const SpectralMixtureKernel kernel{
      {{0.7, {0.3, -0.2}, {0.1, 0.25}}, {1.6, {0.5}, {0.0}}, {0.2, {0.0}, {0.4}}}};
  constexpr double kPi = std::numbers::pi;
  const double expected = 0.7 * std::exp(-2.0 * kPi * kPi * (0.01 * d0 * d0 + 0.0625 * d1 * d1)) *
                              std::cos(2.0 * kPi * (0.3 * d0 - 0.2 * d1)) +
                          1.6 * std::cos(kPi * (d0 + d1)) +
                          0.2 * std::exp(-2.0 * kPi * kPi * 0.16 * (d0 * d0 + d1 * d1));
  CHECK(evaluate(kernel, x.data(), y.data(), 2) == Approx(expected).epsilon(1e-13));
  CHECK(evaluate(kernel, x.data(), x.data(), 2) == Approx(2.5).epsilon(1e-15));
  CHECK(evaluate(SpectralMixtureKernel{}, x.data(), y.data(), 2) ==
        Approx(evaluate(GaussianKernel{}, x.data(), y.data(), 2)).epsilon(1e-13));
}

TEST_CASE("components that make no spectral mixture are refused by name", "[kernel]") {
  const std::array x{1.0, -0.5};
  const auto value = [&](const SpectralMixtureKernel& kernel) {
    return evaluate(kernel, x.data(), x.data(), 2);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(value({{}}), Contains("components is empty"));
  for (const double bad : {0.0, -1.0, nan}) {
    CHECK_THROWS_WITH(value({{{}, {bad, {0.0}, {1.0}}}}), Contains("components[1].weight is"));
  }
  CHECK_THROWS_WITH(value({{{1.0, {nan}, {1.0}}}}), Contains("components[0].means[0] is nan"));
  CHECK_THROWS_WITH(value({{{1.0, {0.0}, {0.1, -1.0}}}}), Contains("scales[1] is -1"));
  CHECK_THROWS_WITH(value({{{1.0, {0.0, 0.0, 0.0}, {1.0}}}}),
                    Contains("means has 3 entries, expected 1 or 2"));
  CHECK_THROWS_WITH(value({{{1.0, {}, {1.0}}}}), Contains("means has 0 entries"));
}
