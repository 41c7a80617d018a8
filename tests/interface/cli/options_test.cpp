// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/options.hpp"

#include "bochner/estimator/plan.hpp"
#include "interface/cli/choices.hpp"
#include "interface/cli/common_options.hpp"
#include "interface/cli/study_pairs.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <numbers>
#include <string>
#include <vector>

using namespace bochner::cli;
using bochner::Index;
using Catch::Matchers::Contains;

TEST_CASE("a list is split at its outer commas", "[options]") {
  CHECK(parse_list("--x", "a") == std::vector<std::string>{"a"});
  CHECK(parse_list("--x", "iid,hadamard(rounds=3, radii=sampled),o") ==
        std::vector<std::string>{"iid", "hadamard(rounds=3, radii=sampled)", "o"});
  for (const char* text : {"", ",", "a,", ",a", "a,,b"}) {
    CHECK_THROWS_WITH(parse_list("--x", text), Contains("--x: the list") && Contains("empty item"));
  }
}

TEST_CASE("numbers of frequencies are lists and doubling ranges", "[options]") {
  using List = std::vector<Index>;
  CHECK(parse_frequencies("--m", "16:256") == List{16, 32, 64, 128, 256});
  CHECK(parse_frequencies("--m", "3:20") == List{3, 6, 12});
  CHECK(parse_frequencies("--m", "7") == List{7});
  CHECK(parse_frequencies("--m", "64,8:32,16,1") == List{1, 8, 16, 32, 64});
  const Index most = std::numeric_limits<Index>::max();
  CHECK(parse_frequencies("--m", "1:" + std::to_string(most)).size() == 63);
  for (const char* text :
       {"0", "-1", "16:8", "1:", ":4", "1:2:3", "1.5", "x", "0x10", " 1", "99999999999999999999"}) {
    CHECK_THROWS_WITH(parse_frequencies("--m", text),
                      Contains("--m: '") && Contains("is not a whole number from"));
  }
}

TEST_CASE("numbers are taken whole or not at all", "[options]") {
  CHECK(parse_whole("--n", "18446744073709551615", 0, ~std::uint64_t{0}) == ~std::uint64_t{0});
  CHECK(parse_positive("--v", "1e-3") == 1e-3);
  for (const char* text : {"", "0", "-1", "nan", "inf", "1e999", "1,5", "2x", " 1", "0x1"}) {
    CHECK_THROWS_WITH(parse_positive("--v", text), Contains("is not a positive number"));
  }
}

TEST_CASE("angles are numbers, parts of pi and ranges", "[options]") {
  const auto angles = parse_angles("--angle", "0,pi/2,1.5,0:pi");
  REQUIRE(angles.size() == 8);
  CHECK(angles[0] == 0.0);
  CHECK(angles[1] == Approx(std::numbers::pi / 2.0));
  CHECK(angles[2] == 1.5);
  CHECK(angles[4] == Approx(std::numbers::pi / 4.0));
  CHECK(angles[7] == Approx(std::numbers::pi));
}

TEST_CASE("options of a few words say all of them", "[options]") {
  using bochner::Arithmetic;
  CHECK(parse_choice<bochner::Basis>("--basis", "bernstein") == bochner::Basis::bernstein);
  CHECK_THROWS_WITH(parse_choice<bochner::Solver>("--solver", "magic"),
                    "--solver: expected auto, cholesky or iterative, got 'magic'");
  CHECK_THROWS_WITH(parse_choice<bochner::ErrorUnit>("--unit", ""),
                    "--unit: expected relative or absolute, got ''");
  CHECK_FALSE(find_choice<bochner::Criterion>("5-fold"));

  PrecisionOption precision{Arithmetic::double_precision};
  CHECK(precision.text == "double");
  precision.text = "single";
  CHECK(parse_arithmetic(precision) == Arithmetic::single_precision);
  precision.text = "half";
  CHECK_THROWS_WITH(parse_arithmetic(precision),
                    "--precision: expected double or single, got 'half'");
  precision.standard = Arithmetic::single_precision;
  CHECK_THROWS_WITH(parse_arithmetic(precision),
                    "--precision: expected single or double, got 'half'");
}
