// SPDX-License-Identifier: Apache-2.0
#include "problems.hpp"

#include <bochner/client/gram/compare.hpp>
#include <bochner/core/error.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Pivoting kBoth[] = {Pivoting::uniform, Pivoting::randomly_pivoted};

std::vector<ComparedGram> compare(double lengthscale, GramBudget budget) {
  const auto x = normal_matrix<float>(400, 4, 1);
  return compare_approximations<float>(
      gram_spec(4, 1, GaussianKernel{Isotropic{lengthscale}}, TrigonometricFeatures{}), x.view(),
      budget, kBoth);
}

}  // namespace

TEST_CASE("methods are ranked at equal memory, and not always the same way", "[gram]") {
  constexpr Index kMemory = 400 * 4 * 60;
  // A smooth kernel has a fast spectrum, which columns follow and features do not; a rough one
  // has no low-rank structure to follow.
  const auto smooth = compare(3.0, {.memory = kMemory});
  REQUIRE(smooth.size() == 3);
  CHECK(smooth.front().pivoting.has_value());
  CHECK_FALSE(smooth.back().pivoting.has_value());
  for (const double lengthscale : {3.0, 1.0}) {
    const auto ranked = compare(lengthscale, {.memory = kMemory});
    for (const ComparedGram& method : ranked) {
      CHECK(method.columns == 60);
      CHECK(method.bytes == kMemory);
      CHECK(method.seconds > 0.0);
    }
    CHECK(ranked[0].error.squared_error <= ranked[1].error.squared_error);
    CHECK(ranked[1].error.squared_error <= ranked[2].error.squared_error);
  }
}

TEST_CASE("time limits columns", "[gram]") {
  for (const ComparedGram& method : compare(2.0, {.memory = 400 * 4 * 200, .seconds = 1e-9})) {
    CHECK(method.columns == 16);
  }
  for (const ComparedGram& method : compare(2.0, {.memory = 400 * 4 * 200, .seconds = 1e9})) {
    CHECK(method.columns == 200);
  }
}

TEST_CASE("budgets without room are refused", "[gram]") {
  CHECK_THROWS_WITH(compare(1.0, {.memory = 400 * 4}), Contains("room for the features of one"));
  CHECK_THROWS_WITH(compare(1.0, {.memory = 1 << 20, .seconds = 0.0}), Contains("seconds is 0"));
}
