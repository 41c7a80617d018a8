// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/error.hpp>
#include <bochner/feature_map.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

const std::array kX{1.0, -2.0, 0.5, 0.3};
const std::array kY{0.0, -1.0, 2.0, 0.7};

double value(const Kernel& kernel) { return evaluate(kernel, kX.data(), kY.data(), 4); }

}  // namespace

TEST_CASE("expressions of kernels are sums and products of their values", "[kernel]") {
  const Kernel gaussian = GaussianKernel{Isotropic{1.5}};
  const Kernel matern = MaternKernel{1.5, {}};
  CHECK(value(SumKernel{{{2.0, {}, gaussian}, {0.5, {}, matern}}}) ==
        Approx(2.0 * value(gaussian) + 0.5 * value(matern)).epsilon(1e-14));
  CHECK(value(ProductKernel{{{2.0, {}, gaussian}, {0.5, {}, matern}}}) ==
        Approx(value(gaussian) * value(matern)).epsilon(1e-14));
  // Columns 3 and 0, in that order, and 1.
  const std::array x{kX[3], kX[0]};
  const std::array y{kY[3], kY[0]};
  const Kernel part = ProductLaplacianKernel{Diagonal{{1.0, 2.0}}};
  const double on_two = evaluate(part, x.data(), y.data(), 2);
  const double on_one = evaluate(matern, kX.data() + 1, kY.data() + 1, 1);
  CHECK(value(ProductKernel{{{1.0, {3, 0}, part}, {3.0, {1}, matern}}}) ==
        Approx(3.0 * on_two * on_one).epsilon(1e-14));
  // Expressions of expressions, and terms that are not shift-invariant.
  const Kernel inner = SumKernel{{{1.0, {}, SoftmaxKernel{0.3}}, {0.7, {}, ArcCosineKernel{}}}};
  const double expected = value(SoftmaxKernel{0.3}) + 0.7 * value(ArcCosineKernel{});
  CHECK(value(ProductKernel{{{1.0, {}, inner}, {1.0, {1}, matern}}}) ==
        Approx(expected * on_one).epsilon(1e-14));
  CHECK(value(SumKernel{}) == Approx(value(GaussianKernel{})).epsilon(1e-15));
}

TEST_CASE("an expression keeps its digits far from the origin", "[kernel]") {
  const std::array x{1e8};
  const std::array y{1e8 + 1.0};
  CHECK(evaluate(SumKernel{{{2.0, {}, GaussianKernel{}}}}, x.data(), y.data(), 1) ==
        Approx(2.0 * std::exp(-0.5)).epsilon(1e-14));
}

TEST_CASE("expressions survive their text form, and differ by any part of it", "[kernel]") {
  const Kernel kernel =
      SumKernel{{{2.0, {0, 2}, MaternKernel{1.5, Diagonal{{1.0, 2.0}}}},
                 {0.5, {}, ProductKernel{{{1.0, {1}, CauchyKernel{}}, {1.0, {0}, {}}}}}}};
  const std::string text = to_text(kernel);
  CHECK_THAT(text, Contains("sum(terms=[term(weight=2, columns=[0, 2], kernel=matern(nu=1.5"));
  CHECK(parse_kernel(text) == kernel);
  CHECK(parse_kernel("sum(terms=[term(kernel=matern52), term(weight=3)])") ==
        Kernel(SumKernel{{{1.0, {}, MaternKernel{2.5, {}}}, {3.0, {}, GaussianKernel{}}}}));
  FeatureMapSpec spec{.input_dim = 3,
                      .num_frequencies = 8,
                      .kernel = kernel,
                      .projection = IidProjection{},
                      .features = TrigonometricFeatures{},
                      .seed = {4},
                      .transform = {}};
  CHECK(parse_spec(to_text(spec)) == spec);
  FeatureMapSpec other = spec;
  std::get<SumKernel>(other.kernel).terms[1].weight = 0.6;
  CHECK(other != spec);
  CHECK(std::hash<FeatureMapSpec>{}(other) != std::hash<FeatureMapSpec>{}(spec));
  CHECK(std::hash<FeatureMapSpec>{}(parse_spec(to_text(spec))) ==
        std::hash<FeatureMapSpec>{}(spec));
}

TEST_CASE("expressions that make no kernel are refused by name", "[kernel]") {
  CHECK_THROWS_WITH(value(SumKernel{std::vector<KernelTerm>{}}), Contains("sum: terms is empty"));
  CHECK_THROWS_WITH(value(ProductKernel{std::vector<KernelTerm>{}}),
                    Contains("product: terms is empty"));
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_WITH(value(SumKernel{{{}, {bad, {}, {}}}}), Contains("sum: terms[1].weight is"));
  }
  CHECK_THROWS_WITH(value(SumKernel{{{1.0, {0, 4}, {}}}}),
                    Contains("terms[0].columns[1] is 4, expected different numbers from 0 to 3"));
  CHECK_THROWS_WITH(value(SumKernel{{{1.0, {-1}, {}}}}), Contains("columns[0] is -1"));
  CHECK_THROWS_WITH(value(SumKernel{{{1.0, {1, 1}, {}}}}), Contains("columns[1] is 1"));
  CHECK_THROWS_WITH(value(SumKernel{{{1.0, {1}, GaussianKernel{Diagonal{{1.0, 2.0}}}}}}),
                    Contains("has 2 entries, expected 1"));
  const auto reason = incompatibility(SumKernel{{{1.0, {}, SoftmaxKernel{}}}}, IidProjection{},
                                      TrigonometricFeatures{});
  REQUIRE(reason);
  CHECK_THAT(*reason, Contains("sum need shift-invariant terms, and one is softmax"));
}
