// SPDX-License-Identifier: Apache-2.0
#include <bochner/client/gram/conditional_independence.hpp>
#include <bochner/core/names.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

/// x and y that owe what they share to z, and `link` of an own common cause.
struct Triple {
  Matrix<double> x, y, z;

  Triple(Index n, double link, std::uint64_t seed) : x(n, 1), y(n, 2), z(n, 1) {
    const Stream stream(Seed{seed}, Purpose::study);
    std::uint64_t at = 0;
    const auto normal = [&] { return stream.normal(at++); };
    for (Index i = 0; i < n; ++i) {
      z(i, 0) = normal();
      const double shared = link * normal();
      x(i, 0) = std::tanh(z(i, 0)) + 0.5 * normal() + shared;
      y(i, 0) = 0.5 * z(i, 0) * z(i, 0) + 0.5 * normal() + shared;
      y(i, 1) = normal();
    }
  }
};

ConditionalIndependence test_of(const Triple& t, const ConditionalIndependenceOptions& options = {},
                                int threads = 1) {
  return conditional_independence_test(t.x.view(), t.y.view(), t.z.view(), options, {threads});
}

double smallest(const ConditionalIndependence& found) {
  return *std::min_element(found.p_values.begin(), found.p_values.end());
}

}  // namespace

TEST_CASE("dependence is found once z is given, and independence kept", "[conditional]") {
  for (const ConditionalTest kind : {ConditionalTest::rcot, ConditionalTest::rcit}) {
    for (const NullLaw null : {NullLaw::weighted_chi_squares, NullLaw::permutations}) {
      INFO(name_of(kind) << ", " << name_of(null));
      const ConditionalIndependenceOptions options{
          .test = kind, .null = null, .permutations = 199, .draws = 5, .seed = {7}};
      const ConditionalIndependence linked = test_of(Triple(600, 0.8, 1), options);
      CHECK(linked.combined_p_value < 0.02);
      const ConditionalIndependence apart = test_of(Triple(600, 0.0, 2), options);
      CHECK(apart.combined_p_value > 0.01);
      CHECK(apart.p_values.size() == 5);
      CHECK(apart.p_values.front() == apart.p_value);
    }
  }
  // Without the condition the two depend on each other through z.
  const Triple t(600, 0.0, 2);
  const Matrix<double> none(600, 0);
  const ConditionalIndependence alone =
      conditional_independence_test(t.x.view(), t.y.view(), none.view());
  CHECK(alone.combined_p_value < 1e-4);
}

TEST_CASE("the laws agree about the same statistic", "[conditional]") {
  const Triple t(500, 0.15, 3);
  std::vector<double> p_values;
  for (std::size_t law = 0; law < names_of(ChiSquareLaw{}).size(); ++law) {
    const ConditionalIndependence found =
        test_of(t, {.law = static_cast<ChiSquareLaw>(law), .draws = 1});
    p_values.push_back(found.p_value);
    CHECK(found.statistic == test_of(t, {.draws = 1}).statistic);
    CHECK(found.combined_p_value == Approx(found.p_value));
  }
  for (const double p : p_values) CHECK(p == Approx(p_values.front()).margin(0.02));
  const double permuted =
      test_of(t, {.null = NullLaw::permutations, .permutations = 1999, .draws = 1}).p_value;
  CHECK(permuted == Approx(p_values.front()).margin(0.05));
}

TEST_CASE("units, offsets, threads and constant columns change nothing", "[conditional]") {
  Triple t(300, 0.2, 4);
  const ConditionalIndependence before = test_of(t);
  CHECK(test_of(t, {}, 3).p_values == before.p_values);
  Triple scaled = t;
  for (Index i = 0; i < 300; ++i) {
    scaled.x(i, 0) = 1e200 * t.x(i, 0);
    scaled.y(i, 1) = 3e-200 * t.y(i, 1);
    scaled.z(i, 0) = 0x1p40 + t.z(i, 0);
  }
  const ConditionalIndependence after = test_of(scaled);
  for (std::size_t d = 0; d < before.p_values.size(); ++d) {
    CHECK(after.p_values[d] == Approx(before.p_values[d]).margin(1e-3));
  }
  Matrix<double> wider(300, 3);
  for (Index i = 0; i < 300; ++i) {
    wider(i, 0) = 5.0;
    wider(i, 1) = t.z(i, 0);
    wider(i, 2) = 1e9;
  }
  CHECK(conditional_independence_test(t.x.view(), t.y.view(), wider.view()).p_values ==
        before.p_values);
}

TEST_CASE("what does not vary is independent of all, and no condition", "[conditional]") {
  const Triple t(100, 1.0, 5);
  Matrix<double> constant(100, 2);
  std::fill_n(constant.data(), 200, 0.1);
  for (const auto& found :
       {conditional_independence_test(constant.view(), t.y.view(), t.z.view()),
        conditional_independence_test(t.x.view(), constant.view(), t.z.view())}) {
    CHECK(found.statistic == 0.0);
    CHECK(found.p_value == 1.0);
    CHECK(found.combined_p_value == Approx(1.0));
  }
  const Matrix<double> none(100, 0);
  CHECK(conditional_independence_test(t.x.view(), t.y.view(), constant.view()).p_values ==
        conditional_independence_test(t.x.view(), t.y.view(), none.view()).p_values);
  // Columns that mostly repeat one value have a median distance of zero.
  Matrix<double> rare(100, 1);
  for (Index i = 0; i < 10; ++i) rare(i, 0) = 1.0;
  const double p = conditional_independence_test(rare.view(), t.y.view(), t.z.view()).p_value;
  CHECK(p > 0.0);
  CHECK(p <= 1.0);
}

TEST_CASE("given itself nothing is left to depend on", "[conditional]") {
  const Triple t(400, 1.0, 6);
  CHECK(smallest(conditional_independence_test(t.x.view(), t.y.view(), t.x.view())) > 1e-4);
}

TEST_CASE("a conditional test that cannot be made is refused by name", "[conditional]") {
  const Triple t(30, 0.0, 7);
  Matrix<double> other(29, 1), bad(30, 1);
  bad(4, 0) = std::numeric_limits<double>::quiet_NaN();
  const auto test = [&](const Matrix<double>& x, const Matrix<double>& y, const Matrix<double>& z,
                        const ConditionalIndependenceOptions& options = {}) {
    return conditional_independence_test(x.view(), y.view(), z.view(), options);
  };
  CHECK_THROWS_WITH(test(t.x, other, t.z), Contains("y is 29 x 1"));
  CHECK_THROWS_WITH(test(t.x, t.y, other), Contains("z is 29 x 1"));
  CHECK_THROWS_WITH(test(bad, t.y, t.z), Contains("x: row 4, column 0 is nan"));
  CHECK_THROWS_WITH(test(t.x, t.y, bad), Contains("z: row 4, column 0 is nan"));
  CHECK_THROWS_WITH(test(t.x, t.y, t.z, {.features = 0}), Contains("features is 0"));
  CHECK_THROWS_WITH(test(t.x, t.y, t.z, {.draws = 0}), Contains("draws is 0"));
  CHECK_THROWS_WITH(test(t.x, t.y, t.z, {.condition_features = 29}),
                    Contains("rows is 30, expected more than 30"));
  CHECK_NOTHROW(test(t.x, t.y, t.z));
}
