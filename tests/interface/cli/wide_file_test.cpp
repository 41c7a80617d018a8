// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "io/archive_file.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <string>

using namespace bochner::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Json = nlohmann::json;

namespace {

/// Options that leave nothing to search for.
const Arguments kQuick = {"--target", "label", "--lengthscale", "1", "--ridge", "1e-3"};

/// Rows of svmlight text of that width, a sine of their first column.
std::string sparse(int rows, int width) {
  std::string out;
  for (int i = 0; i < rows; ++i) {
    out += std::to_string(std::sin(3.0 * spread(i))) + " 1:" + std::to_string(spread(i)) + " " +
           std::to_string(2 + i) + ":0 " + std::to_string(width) + ":1\n";
  }
  return out;
}

}  // namespace

TEST_CASE("a model of 100,000 columns is written, and read", "[fit][wide]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.svm", sparse(40, 100000));
  Arguments options = kQuick;
  options.insert(options.end(), {"--frequencies", "8"});
  const Outcome fitted = fit(data, scratch.path("m"), options);
  INFO(fitted.err);
  REQUIRE(fitted.status == 0);
  CHECK(Json::parse(fitted.out)["input"]["columns"].size() == 100000);
  const auto archive = bochner::io::read_archive(scratch.path("m"));
  CHECK(archive.word("column_numbers") == "2-100001,1");
  CHECK(metric(data, scratch.path("m"), 0) < 1.0);
  for (const char* command : {"predict", "features"}) {
    CHECK(run_bochner({command, "--data", data, "--model", scratch.path("m")}).status == 0);
  }
}

TEST_CASE("a file too wide for the search's sample is not said to be short", "[fit][wide][bad]") {
  const Scratch scratch;
  // Nine rows of 900,001 numbers fit in 64 MiB.
  const std::string data = scratch.write("x.svm", sparse(40, 900000));
  const Outcome outcome = fit(data, scratch.path("m"), {"--target", "label", "--frequencies", "8"});
  CHECK(outcome.status == 1);
  CHECK_THAT(
      outcome.err,
      Contains("has 40 rows, of which a search holds 9 (64 MiB of rows so wide), and "
               "validation by 5 folds needs at least 10; give fewer columns, fewer folds, or"));
}

TEST_CASE("names that no model can hold are refused before the work", "[fit][wide][bad]") {
  const Scratch scratch;
  // A control character takes seven bytes of a header: JSON within JSON.
  const std::string name(std::size_t{15'000'000}, '\1');
  const std::string data = scratch.write("x.csv", name + ",y\n1,no\n");
  const Outcome outcome = fit(data, scratch.path("m"), kFixed);
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Contains(scratch.path("m") + ": the header to write has 105000") &&
                              Contains("expected at most 100000000"));
  CHECK(scratch.list() == std::vector<std::string>{"x.csv"});
}
