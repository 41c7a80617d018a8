// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

template <Scalar T>
NormalEquations<T> summed(const Problem<T>& problem, const std::vector<Index>& batches,
                          int threads = 1) {
  const FeatureMap<T> map(regression_spec(problem.x.cols(), 21));
  NormalEquations<T> equations(map, {.num_targets = problem.targets.cols(), .target_offset = {}});
  Index first = 0;
  std::size_t next = 0;
  while (first < problem.x.rows()) {
    const Index count = std::min(batches[next++ % batches.size()], problem.x.rows() - first);
    equations.add(problem.rows().middle_rows(first, count), {threads});
    first += count;
  }
  return equations;
}

template <Scalar T>
double distance(const NormalEquations<T>& a, const NormalEquations<T>& b) {
  const Matrix<double> x = a.moments();
  const Matrix<double> y = b.moments();
  double worst = 0.0;
  double size = 0.0;
  const Index columns = a.num_features() + a.num_targets() + 1;
  for (Index i = 0; i < columns; ++i) {
    for (Index j = 0; j <= i; ++j) {
      worst = std::max(worst, std::abs(x(i, j) - y(i, j)));
      size = std::max(size, std::abs(y(i, j)));
    }
  }
  return worst / size;
}

}  // namespace

TEMPLATE_TEST_CASE("moments are those of features, targets and ones", "[regression]", float,
                   double) {
  auto problem = smooth_problem<TestType>(700, 3, 2, 1);
  add_weights(problem, 2);
  const FeatureMap<TestType> map(regression_spec(3, 21));
  const std::vector<double> offset = {2.5, -1.0};
  NormalEquations<TestType> equations(map, {.num_targets = 2, .target_offset = offset});
  equations.add(problem.rows());
  const Matrix<TestType> phi = features_of(map, problem.x);
  const Index columns = map.num_features() + 3;
  Matrix<double> z(700, columns);
  for (Index i = 0; i < 700; ++i) {
    for (Index j = 0; j < map.num_features(); ++j) z(i, j) = static_cast<double>(phi(i, j));
    for (Index c = 0; c < 2; ++c) {
      z(i, map.num_features() + c) =
          static_cast<double>(problem.targets(i, c)) - offset[static_cast<std::size_t>(c)];
    }
    z(i, columns - 1) = 1.0;
  }
  const double tolerance = std::is_same_v<TestType, float> ? 2e-5 : 1e-12;
  const Matrix<double> moments = equations.moments();
  for (Index a = 0; a < columns; ++a) {
    for (Index b = 0; b <= a; ++b) {
      double sum = 0.0;
      for (Index i = 0; i < 700; ++i) {
        sum +=
            static_cast<double>(problem.weights[static_cast<std::size_t>(i)]) * z(i, a) * z(i, b);
      }
      CHECK(std::abs(moments(a, b) - sum) <= tolerance * 700.0);
    }
  }
  CHECK(equations.num_rows() == 700);
}

TEMPLATE_TEST_CASE("sums have the same bits for any batching and any number of threads",
                   "[regression]", float, double) {
  auto problem = smooth_problem<TestType>(1500, 3, 2, 3);
  add_weights(problem, 4);
  const auto whole = summed(problem, {1500});
  CHECK(distance(summed(problem, {1500}, 3), whole) == 0.0);
  for (const auto& batches :
       std::vector<std::vector<Index>>{{1}, {63, 300}, {256}, {257, 1, 511}}) {
    CHECK(distance(summed(problem, batches, 2), whole) == 0.0);
  }
  // Sums in another order have other bits: the check above can fail.
  Problem<TestType> reversed = problem;
  for (Index i = 0; i < 1500; ++i) {
    for (Index k = 0; k < 3; ++k) reversed.x(i, k) = problem.x(1499 - i, k);
    for (Index c = 0; c < 2; ++c) reversed.targets(i, c) = problem.targets(1499 - i, c);
    reversed.weights[static_cast<std::size_t>(i)] =
        problem.weights[static_cast<std::size_t>(1499 - i)];
  }
  CHECK(distance(summed(reversed, {1500}), whole) > 0.0);
}

TEMPLATE_TEST_CASE("merged parts are the whole", "[regression]", float, double) {
  const auto problem = smooth_problem<TestType>(1300, 3, 1, 5);
  const auto part = [&](Index first, Index count) {
    NormalEquations<TestType> equations(FeatureMap<TestType>(regression_spec(3, 21)));
    equations.add(problem.rows().middle_rows(first, count));
    return equations;
  };
  const auto whole = part(0, 1300);
  // Bit for bit at the edge of a block, where what is added is one block or less.
  auto merged = part(0, 1024);
  merged.merge(part(1024, 256));
  merged.add(problem.rows().middle_rows(1280, 20));
  CHECK(distance(merged, whole) == 0.0);
  auto from_nothing = part(0, 0);
  from_nothing.merge(whole);
  CHECK(distance(from_nothing, whole) == 0.0);
  // To the rounding of T's products elsewhere; in double, 1e-12.
  const double tolerance = std::is_same_v<TestType, float> ? 1e-6 : 1e-12;
  for (const Index split : {1, 100, 255, 257, 999, 1299}) {
    auto left = part(0, split);
    const auto right = part(split, 1300 - split);
    left.merge(right);
    CHECK(distance(left, whole) <= tolerance);
    CHECK(left.num_rows() == 1300);
    left.subtract(right);
    CHECK(distance(left, part(0, split)) <= tolerance * 1300.0 / static_cast<double>(split));
  }
}

TEMPLATE_TEST_CASE("a saved state goes on to the same bits", "[regression]", float, double) {
  auto problem = smooth_problem<TestType>(900, 2, 2, 6);
  add_weights(problem, 7);
  const auto whole = summed(problem, {900});
  const FeatureMap<TestType> map(regression_spec(2, 21));
  for (const Index split : {0, 5, 256, 300, 899}) {
    NormalEquations<TestType> equations(map, {.num_targets = 2, .target_offset = {}});
    equations.add(problem.rows().middle_rows(0, split));
    auto resumed = NormalEquations<TestType>::load(equations.save());
    resumed.add(problem.rows().middle_rows(split, 900 - split));
    CHECK(distance(resumed, whole) == 0.0);
    CHECK(resumed.num_rows() == 900);
    CHECK(resumed.log_weights() == Approx(whole.log_weights()).epsilon(1e-12));
  }
}

TEMPLATE_TEST_CASE("a saved state is loaded on a map that is drawn already", "[regression]", float,
                   double) {
  const auto problem = smooth_problem<TestType>(700, 2, 1, 6);
  const auto equations = summed(problem, {700});
  const Archive archive = equations.save();
  const FeatureMap<TestType> map(regression_spec(2, 21));
  auto shared = NormalEquations<TestType>::load(map, archive);
  CHECK(&shared.map().blocks() == &map.blocks());
  CHECK(distance(shared, equations) == 0.0);
  shared.add(problem.rows());
  auto own = NormalEquations<TestType>::load(archive);
  own.add(problem.rows());
  CHECK(distance(shared, own) == 0.0);
  CHECK(shared.save().metadata == own.save().metadata);

  CHECK_THROWS_WITH(
      NormalEquations<TestType>::load(FeatureMap<TestType>(regression_spec(2, 22)), archive),
      Contains("NormalEquations::load: the archive has the map") &&
          Contains("num_frequencies=21") && Contains("num_frequencies=22"));
  using Other = std::conditional_t<std::is_same_v<TestType, float>, double, float>;
  CHECK_THROWS_WITH(
      NormalEquations<Other>::load(FeatureMap<Other>(regression_spec(2, 21)), archive),
      Contains("scalar"));
  const auto refused = [&](const char* key, const std::string& word, const char* why) {
    Archive bad = archive;
    bad.metadata[key] = word;
    CHECK_THROWS_WITH(NormalEquations<TestType>::load(map, bad), Contains(why));
  };
  refused("kind", "attention", "holds a 'attention'");
  refused("num_targets", "2", "'sums' is");
  refused("num_targets", "4611686018427387904", "too large");
  refused("num_pending", "43", "'pending_rows' is");
  Archive changed = archive;
  std::get<Matrix<double>>(changed.arrays.at("first_frequency"))(0, 1) += 1e-12;
  CHECK_THROWS_WITH(NormalEquations<TestType>::load(map, changed), Contains("another version"));
}

TEST_CASE("a weight of two is a row twice and a weight of zero is no row", "[regression]") {
  auto problem = smooth_problem<double>(300, 2, 1, 8);
  Problem<double> doubled{Matrix<double>(350, 2), Matrix<double>(350, 1), {}};
  problem.weights.assign(300, 1.0);
  for (Index i = 0; i < 350; ++i) {
    const Index from = i < 300 ? i : i - 300;
    for (Index k = 0; k < 2; ++k) doubled.x(i, k) = problem.x(from, k);
    doubled.targets(i, 0) = problem.targets(from, 0);
    doubled.weights.push_back(1.0);
  }
  std::fill_n(problem.weights.begin(), 50, 2.0);
  CHECK(distance(summed(problem, {300}), summed(doubled, {350})) < 1e-13);
  std::fill_n(doubled.weights.begin() + 300, 50, 0.0);
  problem.weights.assign(300, 1.0);
  const auto with_zeros = summed(doubled, {350});
  CHECK(distance(with_zeros, summed(problem, {300})) < 1e-13);
  CHECK(with_zeros.num_rows() == 300);
}

TEST_CASE("bad rows are named and leave the sums alone", "[regression]") {
  const auto problem = smooth_problem<double>(300, 2, 1, 9);
  auto equations = summed(problem, {300});
  const auto before = summed(problem, {300});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  auto bad = problem;
  bad.targets(41, 0) = nan;
  CHECK_THROWS_WITH(equations.add(bad.rows()), Contains("targets: row 41"));
  bad = problem;
  bad.x(17, 1) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(equations.add(bad.rows()), Contains("x: row 17, column 1"));
  bad = problem;
  bad.weights.assign(300, 1.0);
  bad.weights[5] = -0.5;
  CHECK_THROWS_WITH(equations.add(bad.rows()), Contains("weights: row 5 is -0.5"));
  bad.weights[5] = nan;
  CHECK_THROWS_WITH(equations.add(bad.rows()), Contains("weights: row 5 is nan"));
  bad.weights.resize(299);
  CHECK_THROWS_WITH(equations.add(bad.rows()), Contains("299 entries, expected 300"));
  CHECK_THROWS_WITH(equations.add({problem.x.view(), problem.x.view(), {}}),
                    Contains("targets is 300 x 2, expected 300 x 1"));
  CHECK_THROWS_WITH(equations.add({problem.x.view().middle_cols(0, 1), problem.targets.view(), {}}),
                    Contains("x is 300 x 1, expected n x 2"));
  CHECK(distance(equations, before) == 0.0);

  const NormalEquations<double> other(FeatureMap<double>(regression_spec(2, 22)));
  CHECK_THROWS_WITH(equations.merge(other), Contains("num_frequencies=22"));
  auto empty = NormalEquations<double>(FeatureMap<double>(regression_spec(2, 21)));
  CHECK_THROWS_WITH(empty.subtract(equations), Contains("300 rows, this only 0"));
  CHECK_THROWS_WITH(
      NormalEquations<double>(equations.map(), {.num_targets = 0, .target_offset = {}}),
      Contains("num_targets is 0"));
  CHECK_THROWS_WITH(
      NormalEquations<double>(equations.map(), {.num_targets = 1, .target_offset = {1, 2}}),
      Contains("2 entries, expected 1"));
}

TEST_CASE("an archive that is not one of these is refused", "[regression]") {
  const auto equations = summed(smooth_problem<double>(300, 2, 1, 9), {300});
  const Archive good = equations.save();
  const auto refused = [&](const char* key, const std::string& word, const char* why) {
    Archive bad = good;
    bad.metadata[key] = word;
    CHECK_THROWS_WITH(NormalEquations<double>::load(bad), Contains(why));
  };
  refused("kind", "attention", "holds a 'attention'");
  refused("num_targets", "9223372036854775807", "out of range");
  refused("num_targets", "4611686018427387904", "too large");
  refused("num_targets", "2", "'sums' is");
  refused("num_targets", "-1", "out of range");
  refused("num_pending", "43", "'pending_rows' is");
  refused("num_pending", "100000", "expected fewer than 256");
  refused("scalar", "float", "expected 'double'");
  refused("map", "input_dim=1000000 num_frequencies=1000000", "more than 2^30");
  refused("map", "nonsense", "");
  refused("offset", "maybe", "'maybe'");
  Archive missing = good;
  missing.arrays.erase("sums");
  CHECK_THROWS_WITH(NormalEquations<double>::load(missing), Contains("'sums' is missing"));
  Archive changed = good;
  std::get<Matrix<double>>(changed.arrays.at("first_frequency"))(0, 1) += 1e-12;
  CHECK_THROWS_WITH(NormalEquations<double>::load(changed), Contains("another version"));
  Archive poisoned = good;
  std::get<Matrix<double>>(poisoned.arrays.at("sums"))(0, 3) = std::nan("");
  CHECK_THROWS_WITH(NormalEquations<double>::load(poisoned), Contains("column 3 is nan"));
}

TEST_CASE("an add that is refused changes nothing", "[regression][bad]") {
  const Problem<float> good = smooth_problem<float>(1500, 2, 1, 8);
  Problem<float> bad = smooth_problem<float>(1500, 2, 1, 9);
  const FeatureMap<float> map(regression_spec(2, 8));
  for (const Index poisoned : {Index{3}, Index{700}, Index{1400}}) {
    for (const Index count : {Index{1}, Index{100}, Index{1500}}) {
      const Index first = std::min(poisoned, 1500 - count);
      INFO("row " << poisoned << " of " << count);
      NormalEquations<float> equations(map);
      equations.add(good.rows().middle_rows(0, 300));
      const Archive before = equations.save();
      const float value = bad.x(poisoned, 1);
      bad.x(poisoned, 1) = 3e37F;  // finite, and too long for the map
      CHECK_THROWS_WITH(
          equations.add(bad.rows().middle_rows(first, count)),
          Contains("row " + std::to_string(poisoned - first) + " is too long for this map"));
      bad.x(poisoned, 1) = value;
      const Archive after = equations.save();
      CHECK(after.metadata == before.metadata);
      for (const char* const key : {"sums", "pending_rows"}) {
        const auto& a = std::get<Matrix<double>>(before.arrays.at(key));
        const auto& b = std::get<Matrix<double>>(after.arrays.at(key));
        REQUIRE(a.size() == b.size());
        CHECK(std::equal(a.data(), a.data() + a.size(), b.data()));
      }
      equations.add(good.rows().middle_rows(300, 1200));
      CHECK(equations.num_rows() == 1500);
      CHECK_NOTHROW(NormalEquations<float>::load(equations.save()));
    }
  }
}
