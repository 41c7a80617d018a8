// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram.hpp"
#include "bochner/estimator/gram_error.hpp"
#include "bochner/feature_map.hpp"
#include "bochner/random/stream.hpp"
#include "interface/cli/program.hpp"
#include "io/matrix_writer.hpp"
#include "io/output_file.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace bochner::test;
using bochner::Index;
using bochner::Matrix;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

Matrix<double> cloud(Index rows) {
  Matrix<double> x(rows, 5);
  const bochner::Stream stream({11}, bochner::Purpose::study);
  for (Index k = 0; k < x.size(); ++k) x.data()[k] = stream.normal(static_cast<std::uint64_t>(k));
  return x;
}

std::string write(const Scratch& scratch, const Matrix<double>& x) {
  bochner::io::OutputFile out(scratch.path("x.npy"));
  bochner::io::write_npy<double>(out, x);
  out.commit();
  return scratch.path("x.npy");
}

Json run(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Outcome outcome = run_bochner(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  return Json::parse(outcome.out);
}

}  // namespace

TEST_CASE("a certificate holds for the draw it names", "[gram][certificate]") {
  const Scratch scratch;
  const Matrix<double> x = cloud(300);
  const Json document =
      run({"gram", "--input", write(scratch, x), "--projection", "iid,orthogonal", "--frequencies",
           "64,128", "--seed", "3", "--certify", "--lambda", "0.5"});
  const Json& certificates = document["certificates"];
  CHECK(certificates["lambda"] == 0.5);
  REQUIRE(certificates["rows"].size() == 4);
  CHECK(!document.contains("table"));
  for (const Json& row : certificates["rows"]) {
    const auto spec = bochner::parse_spec(row["spec"].get<std::string>());
    CHECK(spec.seed.value == 3);
    // The truth, from all entries.
    const bochner::MeasuredGramError distance =
        bochner::gram_distance<double>(bochner::FeatureMap<double>(spec), x, x);
    const double error = std::sqrt(distance.squared_error);
    CHECK(certificates["norm"].get<double>() ==
          Approx(std::sqrt(distance.squared_norm)).epsilon(1e-12));
    // The sampled interval is 95 %: fixed seeds, and twice its half-width is 6e-5 away.
    const double low = row["interval"][0];
    const double high = row["interval"][1];
    CHECK(std::abs(error - (low + high) / 2) < high - low);
    CHECK(high - low < 0.1 * error);
    CHECK(row["relative_interval"][1].get<double>() ==
          Approx(high / certificates["norm"].get<double>()).epsilon(1e-12));
    CHECK(row["predicted"].get<double>() ==
          Approx(std::sqrt(bochner::gram_error<double>(spec, x).squared_error)).epsilon(1e-12));
    // |E|_F / sqrt(n) <= |E|_2 <= |E|_F, and Delta between |E|_2 over the ends of K + lambda I.
    CHECK(row["converged"] == true);
    const double spectral = row["spectral"];
    CHECK(spectral <= error);
    CHECK(spectral >= error / std::sqrt(300.0));
    const double delta = row["delta"];
    CHECK(delta <= spectral / 0.5);
    CHECK(delta >= spectral / (certificates["spectral_norm"].get<double>() + 0.5));
  }
}

TEST_CASE("a comparison ranks what fits into one budget", "[gram][certificate]") {
  const Scratch scratch;
  const Json document = run({"gram", "--input", write(scratch, cloud(400)), "--frequencies",
                             "16,40", "--compare", "nystrom,rpcholesky,leverage", "--precision",
                             "single", "--report", scratch.path("report")});
  const Json& comparison = document["comparison"];
  CHECK(comparison["bytes"] == 400 * 80 * 4);
  for (const char* budget : {"equal_memory", "equal_time"}) {
    const Json& ranking = comparison[budget];
    REQUIRE(ranking.size() == 4);
    for (std::size_t k = 0; k < 4; ++k) {
      CHECK(ranking[k]["bytes"] <= comparison["bytes"]);
      if (k > 0) CHECK(ranking[k - 1]["squared_error"] <= ranking[k]["squared_error"]);
    }
  }
  for (const Json& gram : comparison["equal_memory"]) CHECK(gram["columns"] == 80);
  bochner::io::ReadOptions options;
  options.columns.keep = {"columns", "low", "high"};
  const auto table = bochner::io::read_all<double>(
      *bochner::io::open_rows(scratch.path("report/comparison.csv"), options));
  CHECK(table.rows() == 8);
  CHECK(scratch.list() == std::vector<std::string>{"report", "x.npy"});
}

TEST_CASE("verdicts are read by people too", "[gram][certificate]") {
  const Scratch scratch;
  const std::string path = write(scratch, cloud(100));
  const Outcome both = run_bochner({"gram", "--input", path, "--frequencies", "32", "--certify",
                                    "--compare", "nystrom", "--report", scratch.path("report")});
  REQUIRE(both.status == 0);
  CHECK_THAT(both.out, Contains("Delta") && Contains("equal memory: ") &&
                           Contains("equal time: ") && Contains("|K^ - K|_2"));
  CHECK_THAT(slurp(scratch.path("report/certificates.csv")),
             Contains("orthogonal(radii=sampled),32,64"));
  // With a lengthscale far below all distances K is its diagonal, and no relative error is given.
  const Outcome sparse = run_bochner(
      {"gram", "--input", path, "--lengthscale", "0.01", "--frequencies", "32", "--certify"});
  CHECK_THAT(sparse.out, Contains("K is nearly its own diagonal"));
}
