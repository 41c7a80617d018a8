// SPDX-License-Identifier: Apache-2.0
#include <bochner/estimator/check.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace bochner;

TEST_CASE("with one thread a check asks the caller's, in the order of the replicates", "[check]") {
  const CheckOptions options{.replicates = 50, .seed = {3}};
  const std::thread::id here = std::this_thread::get_id();
  std::vector<std::uint64_t> seeds;
  bool elsewhere = false;
  const SeededEstimate estimate = [&](Seed seed) {
    elsewhere = elsewhere || std::this_thread::get_id() != here;
    seeds.push_back(seed.value);
    return 1.0;
  };
  CHECK(check_unbiased(estimate, 1.0, 1.0, options, Execution{1}).passed());
  CHECK(!elsewhere);
  REQUIRE(seeds.size() == 50);
  for (std::uint64_t r = 0; r < 50; ++r) CHECK(seeds[r] == derive_seed(Seed{3}, r).value);
}

TEST_CASE("what the poll throws ends a check", "[check]") {
  const FeatureMapSpec spec{.input_dim = 2, .num_frequencies = 8};
  const std::vector<double> x{0.3, -0.2};
  const std::vector<double> y{0.1, 0.4};
  const Execution stopping{1, [] { throw std::runtime_error("enough"); }};
  CHECK_THROWS_WITH(check_unbiased(spec, x, y, {}, stopping), "enough");
  CHECK_THROWS_WITH(check_variance(spec, x, y, {}, stopping), "enough");
}
