// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram.hpp"
#include "bochner/estimator/gram_error.hpp"
#include "bochner/feature_map.hpp"
#include "bochner/kernel/data_scale.hpp"
#include "bochner/random/stream.hpp"
#include "interface/cli/program.hpp"
#include "io/matrix_writer.hpp"
#include "io/output_file.hpp"
#include "io/row_reader.hpp"
#include "io/sha256.hpp"
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

Matrix<double> cloud(Index rows = 60, Index cols = 5) {
  Matrix<double> x(rows, cols);
  const bochner::Stream stream({7}, bochner::Purpose::study);
  for (Index k = 0; k < x.size(); ++k) x.data()[k] = stream.normal(static_cast<std::uint64_t>(k));
  return x;
}

std::string write(const Scratch& scratch, const std::string& name, const Matrix<double>& x) {
  bochner::io::OutputFile out(scratch.path(name));
  const std::vector<std::string> names = {"a", "b", "c", "d", "e"};
  if (name.ends_with(".npy")) {
    bochner::io::write_npy<double>(out, x);
  } else {
    bochner::io::write_csv<double>(out, names, x);
  }
  out.commit();
  return scratch.path(name);
}

Json run(const std::vector<std::string>& arguments, const Setting& setting = {}) {
  const Outcome outcome = run_bochner(arguments, setting);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(outcome.err.empty());
  return Json::parse(outcome.out);
}

/// Without what differs from run to run.
Json without_times(Json document) {
  document.erase("exact_seconds");
  for (Json& row : document["table"]) row.erase("feature_seconds");
  return document;
}

}  // namespace

TEST_CASE("a report can be repeated from what it says", "[gram]") {
  const Scratch scratch;
  const Matrix<double> x = cloud();
  const std::string path = write(scratch, "x.csv", x);
  const std::vector<std::string> arguments = {"gram",
                                              "--input",
                                              path,
                                              "--projection",
                                              "iid,orthogonal",
                                              "--frequencies",
                                              "16:64",
                                              "--draws",
                                              "3",
                                              "--seed",
                                              "5",
                                              "--json"};
  const Json document = run(arguments);
  CHECK(document["schema_version"] == 1);
  CHECK(document["command"] == "gram");
  CHECK(document["input"]["rows"] == 60);
  CHECK(document["input"]["column_names"] == Json({"a", "b", "c", "d", "e"}));
  bochner::io::Sha256 hash;
  const std::string bytes = slurp(path);
  hash.add(std::as_bytes(std::span(bytes)));
  CHECK(document["input"]["sha256"] == hash.hex());

  REQUIRE(document["table"].size() == 6);
  for (const Json& row : document["table"]) {
    bochner::FeatureMapSpec spec = bochner::parse_spec(row["spec"].get<std::string>());
    CHECK(spec.seed.value == 5);
    CHECK(row["features"] == bochner::num_features(spec));
    CHECK(row["predicted"].get<double>() ==
          Approx(bochner::gram_error<double>(spec, x).relative_error).epsilon(1e-12));
    REQUIRE(row["errors"].size() == 3);
    double mean = 0.0;
    for (const double error : row["errors"]) {
      const bochner::FeatureMap<double> map(spec);
      CHECK(error == Approx(bochner::gram_distance<double>(map, x, x).relative()).epsilon(1e-12));
      mean += error * error / 3.0;
      ++spec.seed.value;
    }
    CHECK(row["measured"].get<double>() == Approx(std::sqrt(mean)).epsilon(1e-12));
  }
  CHECK(document["kernel"] == to_text(bochner::Kernel(bochner::GaussianKernel{
                                  bochner::Isotropic{bochner::median_lengthscale(x)}})));
  auto threaded = arguments;
  threaded.insert(threaded.end(), {"--threads", "1"});
  Json again = run(threaded);
  again["threads"] = document["threads"];
  CHECK(without_times(again) == without_times(document));
}

TEST_CASE("the same rows give the same numbers from any kind of file", "[gram]") {
  const Scratch scratch;
  const Matrix<double> x = cloud();
  const std::string csv = write(scratch, "x.csv", x);
  const std::string npy = write(scratch, "a name with blanks, \xC3\xBC.npy", x);
  const auto table = [](const std::string& path, const Setting& setting = {}) {
    return without_times(
        run({"gram", "--input", path, "--frequencies", "32", "--json"}, setting))["table"];
  };
  const Json expected = table(csv);
  CHECK(table(npy) == expected);
  CHECK(table("-", {.input = slurp(csv)}) == expected);
  CHECK(table("-", {.input = slurp(npy)}) == expected);
  CHECK(table("-", {.shell_suffix = "< <(cat '" + npy + "')"}) == expected);
}

TEST_CASE("columns are chosen and the softmax kernel is scaled", "[gram]") {
  const Scratch scratch;
  const Matrix<double> x = cloud();
  const std::string path = write(scratch, "x.csv", x);
  const Json document = run({"gram", "--input", path, "--skip-columns", "b,5", "--kernel",
                             "softmax", "--mean-square-sum", "0.5", "--features", "hyperbolic",
                             "--frequencies", "16", "--json"});
  CHECK(document["input"]["column_names"] == Json({"a", "c", "d"}));
  Matrix<double> chosen(x.rows(), 3);
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j < 3; ++j) chosen(i, j) = x(i, j == 0 ? 0 : j + 1);
  }
  const auto kernel = std::get<bochner::SoftmaxKernel>(
      bochner::parse_kernel(document["kernel"].get<std::string>()));
  CHECK(kernel.scale * bochner::mean_square_sum(chosen, chosen) == Approx(0.5));
  const Json plain = run({"gram", "--input", path, "--kernel", "softmax", "--features",
                          "hyperbolic", "--frequencies", "16", "--json"});
  CHECK(plain["kernel"] == "softmax(scale=" + Json(1.0 / std::sqrt(5.0)).dump() + ")");
}

TEST_CASE("the report on disk is the one on the terminal", "[gram]") {
  const Scratch scratch;
  const std::string path = write(scratch, "x.csv", cloud());
  const std::string report = scratch.path("report");
  const Outcome outcome =
      run_bochner({"gram", "--input", path, "--projection", "iid,orthogonal", "--frequencies",
                   "16:64", "--draws", "2", "--report", report});
  REQUIRE(outcome.status == 0);
  CHECK(outcome.err.empty());
  CHECK_THAT(outcome.out,
             Contains("# spec input_dim=5") && Contains("predicted") && Contains("- orthogonal -"));
  const Json document = Json::parse(slurp(report + "/report.json"));
  CHECK(document["table"].size() == 6);
  bochner::io::ReadOptions options;
  options.columns.keep = {"frequencies", "predicted", "measured"};
  const auto reader = bochner::io::open_rows(report + "/table.csv", options);
  const auto table = bochner::io::read_all<double>(*reader);
  REQUIRE(table.rows() == 6);
  for (Index i = 0; i < 6; ++i) {
    const Json& row = document["table"][static_cast<std::size_t>(i)];
    CHECK(row["frequencies"] == table(i, 0));
    CHECK(row["predicted"] == table(i, 1));
    CHECK(row["measured"] == table(i, 2));
  }
  CHECK_THAT(slurp(report + "/error.svg"), Contains("iid, predicted") && Contains("</svg>"));
  CHECK(scratch.list() == std::vector<std::string>{"report", "x.csv"});
}

TEST_CASE("a report does not replace its own input", "[gram]") {
  const Scratch scratch;
  const std::string path = write(scratch, "table.csv", cloud());
  const std::string before = slurp(path);
  const Outcome outcome =
      run_bochner({"gram", "--input", path, "--frequencies", "16", "--report", scratch.path()});
  CHECK(outcome.status == 2);
  CHECK(scratch.list() == std::vector<std::string>{"table.csv"});
  CHECK(slurp(path) == before);
}

TEST_CASE("single precision and odd data have right answers", "[gram]") {
  const Scratch scratch;
  Matrix<double> x = cloud();
  for (Index i = 0; i < x.rows(); ++i) x(i, 2) = 4.0;      // a constant column
  for (Index j = 0; j < x.cols(); ++j) x(7, j) = x(3, j);  // a duplicate row
  const std::string path = write(scratch, "x.csv", x);
  const auto measured = [&](const std::string& input, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"gram",          "--input", input,
                                          "--frequencies", "64",      "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments)["table"][0]["measured"].get<double>();
  };
  const double twice = measured(path, {});
  CHECK(twice > 0.01);
  CHECK(twice < 0.5);
  CHECK(measured(path, {"--precision", "single"}) == Approx(twice).epsilon(1e-4));
  CHECK(measured(scratch.write("one.csv", "1,2\n"), {"--lengthscale", "1"}) < 1e-14);
  CHECK(measured(scratch.write("same.csv", "1,2\n1,2\n1,2\n"), {"--lengthscale", "1"}) < 1e-14);
  CHECK(measured(scratch.write("far.csv", "1e20,2\n1e20,3\n-1e20,4\n"), {}) < 2.0);
}

TEST_CASE("a map without a closed form is measured, and its prediction is absent", "[gram]") {
  const Scratch scratch;
  const std::string path = write(scratch, "x.csv", cloud());
  struct Map {
    const char* kernel;
    const char* features;
    const char* projection;
  };
  for (const Map& map :
       {Map{"arc-cosine", "rectified", "iid"}, Map{"product-laplacian", "trigonometric", "iid"},
        Map{"spectral-mixture", "trigonometric", "iid"},
        Map{"sum(terms=[term(kernel=matern52)])", "trigonometric", "iid"},
        Map{"gaussian", "trigonometric", "sobol"}}) {
    INFO(map.kernel);
    std::vector<std::string> arguments = {
        "gram",       "--input",      path,           "--kernel",      map.kernel, "--features",
        map.features, "--projection", map.projection, "--frequencies", "64"};
    const Outcome text = run_bochner(arguments);
    INFO(text.err);
    REQUIRE(text.status == 0);
    CHECK_THAT(text.out, Contains("not predicted: "));
    CHECK_THAT(text.out, Contains(" - "));
    arguments.push_back("--json");
    const Json document = run(arguments);
    CHECK(document["table"][0]["predicted"].is_null());
    CHECK(document["table"][0]["measured"].get<double>() > 0.0);
    arguments.push_back("--certify");
    const Json certified = run(arguments)["certificates"]["rows"][0];
    CHECK(certified["predicted"].is_null());
    CHECK(certified["predicted_relative"].is_null());
    CHECK(certified["interval"][1].get<double>() > 0.0);
    arguments.insert(arguments.end(),
                     {"--report", scratch.path(std::string("r-") + map.projection + map.features +
                                               map.kernel[0] + map.kernel[2])});
    CHECK(run_bochner(arguments).status == 0);
  }
}

TEST_CASE("polynomial kernels are predicted and measured", "[gram]") {
  const Scratch scratch;
  const std::string path = write(scratch, "x.csv", cloud());
  for (const auto& [features, projection] :
       {std::pair{"tensor-sketch", "count-sketch"},
        std::pair{"maclaurin(radius=1.2, exact=linear)", "rademacher"}}) {
    const Json document =
        run({"gram", "--input", path, "--kernel", "polynomial", "--features", features,
             "--projection", projection, "--frequencies", "256", "--draws", "20", "--json"});
    const Json& row = document["table"][0];
    CHECK(row["measured"].get<double>() == Approx(row["predicted"].get<double>()).epsilon(0.5));
  }
}
