// SPDX-License-Identifier: Apache-2.0
#include "unit/gram/problems.hpp"

#include <bochner/client/gram/change_detector.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

template <class T>
FeatureMap<T> map_of(Index dim = 1) {
  return FeatureMap<T>(gram_spec(dim, 32, GaussianKernel{}, TrigonometricFeatures{}));
}

/// Normal rows, moved by `shift` from `from` on.
template <class T>
Matrix<T> stream(Index rows, Index from, double shift, std::uint64_t seed = 81) {
  Matrix<T> x = normal_matrix<T>(rows, 1, seed);
  for (Index i = from; i < rows; ++i) x(i, 0) += static_cast<T>(shift);
  return x;
}

/// What the definition says of one stretch: runs made by hand, means by summing rows.
std::vector<Change> by_definition(const Matrix<double>& x, double rate) {
  const Matrix<double> phi = features(map_of<double>(), x.view());
  std::vector<Index> runs;
  for (Index n = 1; n <= x.rows(); ++n) {
    runs.push_back(1);
    for (Index length = 1; std::count(runs.begin(), runs.end(), length) == 3; length *= 2) {
      const auto first = std::find(runs.begin(), runs.end(), length);
      *first *= 2;
      runs.erase(first + 1);
    }
    Index after = 0;
    Change best;
    double most = 1.0;
    for (std::size_t r = runs.size() - 1; r > 0; --r) {
      after += runs[r];
      const auto p = static_cast<double>(n - after);
      const auto q = static_cast<double>(after);
      double square = 0.0;
      for (Index j = 0; j < phi.cols(); ++j) {
        double difference = 0.0;
        for (Index i = 0; i < n; ++i) difference += i < n - after ? phi(i, j) / p : -phi(i, j) / q;
        square += difference * difference;
      }
      const double all = static_cast<double>(n) * static_cast<double>(n - 1) *
                         static_cast<double>(runs.size() - 1);
      const double threshold =
          std::sqrt(1.0 / p + 1.0 / q) * (1.0 + std::sqrt(2.0 * std::log(all / rate)));
      if (std::sqrt(square) > most * threshold) {
        most = std::sqrt(square) / threshold;
        best = {n - 1, n - after, std::sqrt(square), threshold};
      }
    }
    if (most > 1.0) return {best};
  }
  return {};
}

}  // namespace

TEST_CASE("a change is the largest excess over the grid", "[change]") {
  const Matrix<double> x = stream<double>(500, 250, 3.0);
  const std::vector<Change> expected = by_definition(x, 0.05);
  REQUIRE(expected.size() == 1);
  ChangeDetector<double> detector(map_of<double>(), {.false_alarm_rate = 0.05});
  const std::vector<Change> found = detector.add(x.view().middle_rows(0, expected[0].found + 1));
  REQUIRE(found.size() == 1);
  CHECK(found[0].found == expected[0].found);
  CHECK(found[0].position == expected[0].position);
  CHECK(found[0].distance == Approx(expected[0].distance).epsilon(1e-10));
  CHECK(found[0].threshold == Approx(expected[0].threshold).epsilon(1e-10));
  CHECK(std::abs(found[0].position - 250) < 64);
  CHECK(detector.rows_since_change() == 0);
  CHECK(detector.num_rows() == expected[0].found + 1);
}

TEMPLATE_TEST_CASE("changes are the same in any batches, and one follows the other", "[change]",
                   float, double) {
  using T = TestType;
  Matrix<T> x = stream<T>(3000, 1000, 3.0);
  for (Index i = 2000; i < 3000; ++i) x(i, 0) = static_cast<T>(-x(i, 0));
  ChangeDetector<T> at_once(map_of<T>());
  const std::vector<Change> found = at_once.add(x.view(), {3});
  REQUIRE(found.size() == 2);
  CHECK(std::abs(found[0].position - 1000) < 64);
  CHECK(std::abs(found[1].position - 2000) < 64);
  CHECK(found[0].found >= found[0].position);
  CHECK(at_once.num_rows() == 3000);
  CHECK(at_once.rows_since_change() == 2999 - found[1].found);
  ChangeDetector<T> in_turn(map_of<T>());
  std::vector<Change> each;
  for (Index i = 0; i < 3000; ++i) {
    for (const Change& change : in_turn.add(x.view().middle_rows(i, 1))) each.push_back(change);
  }
  REQUIRE(each.size() == 2);
  for (std::size_t c = 0; c < 2; ++c) {
    CHECK(each[c].found == found[c].found);
    CHECK(each[c].position == found[c].position);
    CHECK(each[c].distance == found[c].distance);
  }
  // Equal rows never change.
  ChangeDetector<T> still(map_of<T>());
  CHECK(still.add(Matrix<T>(500, 1).view()).empty());
}

TEST_CASE("what a detector cannot watch is refused by name", "[change]") {
  for (const double rate : {0.0, 1.0, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_WITH(ChangeDetector<double>(map_of<double>(), {.false_alarm_rate = rate}),
                      Contains("ChangeDetector: false_alarm_rate is"));
  }
  CHECK_THROWS_WITH(ChangeDetector<double>(map_of<double>(), {.largest_square = 0.0}),
                    Contains("largest_square is 0"));
  ChangeDetector<double> detector(map_of<double>());
  Matrix<double> bad(3, 1);
  bad(2, 0) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(detector.add(std::as_const(bad).view()),
                    Contains("ChangeDetector::add: x: row 2, column 0 is inf"));
  CHECK_THROWS_WITH(detector.add(Matrix<double>(3, 2).view()), Contains("x is 3 x 2"));
  CHECK(detector.add(Matrix<double>(0, 1).view()).empty());
  CHECK(detector.num_rows() == 0);
  // Features without a bound, and all of the call's rows or none.
  const FeatureMap<double> softmax(gram_spec(1, 8, SoftmaxKernel{}, PositiveFeatures{}));
  ChangeDetector<double> unbounded(softmax, {.largest_square = 2.0});
  Matrix<double> long_row(2, 1);
  long_row(1, 0) = 2.0;
  CHECK_THROWS_WITH(unbounded.add(std::as_const(long_row).view()),
                    Contains("row 1 of x has features of squared length"));
  CHECK(unbounded.num_rows() == 0);
  FeatureMapSpec asymmetric = softmax.spec();
  asymmetric.transform.query = {1.0};
  CHECK_THROWS_WITH(ChangeDetector<double>(FeatureMap<double>(asymmetric)),
                    Contains("treats queries and keys differently"));
}
