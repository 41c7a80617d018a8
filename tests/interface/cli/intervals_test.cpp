// SPDX-License-Identifier: Apache-2.0
#include "bochner/pipeline/fit.hpp"
#include "bochner/pipeline/model.hpp"
#include "interface/cli/fit_table.hpp"
#include "interface/cli/program.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace bochner::test;
using bochner::Index;
using bochner::Matrix;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
namespace pipeline = bochner::pipeline;

namespace {

std::vector<double> numbers(const std::string& line) {
  std::istringstream in(line);
  std::vector<double> out;
  for (std::string cell; std::getline(in, cell, ',');) out.push_back(std::stod(cell));
  return out;
}

/// y = sin(3 t) and something that no model of t and u knows, in 40 sites of three rows.
std::vector<double> noisy(int i) {
  return {spread(i), spread(i, 0.7549), static_cast<double>((7 * i) % 40),
          std::sin(3.0 * spread(i)) + 0.3 * spread(i, 0.56984029)};
}

/// Two classes that t tells apart but for one row in ten.
std::string classes(int rows) {
  std::ostringstream out;
  out << "t,u,y\n";
  for (int i = 0; i < rows; ++i) {
    const bool above = (spread(i) > 0.0) != (i % 10 == 3);
    out << spread(i) << ',' << spread(i, 0.7549) << ',' << (above ? "high" : "\"low, or so\"")
        << '\n';
  }
  return out.str();
}

}  // namespace

TEST_CASE("a model fitted with intervals predicts them, from its file", "[fit][intervals]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,site,y", 120, noisy));
  for (const char* const how : {"10-fold", "loo"}) {
    const Outcome fitted =
        fit(data, scratch.path("m"), fixed({"--intervals", how, "--columns", "t,u"}));
    INFO(fitted.err);
    REQUIRE(fitted.status == 0);
    const auto report = nlohmann::json::parse(fitted.out);
    CHECK(report["intervals"] == std::string(how) + ", 120 rows");
    const Outcome predicted =
        run_bochner({"predict", "--data", data, "--model", scratch.path("m"), "--interval", "0.8"});
    INFO(predicted.err);
    REQUIRE(predicted.status == 0);
    const auto rows = lines(predicted.out);
    REQUIRE(rows.size() == 121);
    CHECK(rows[0] == "y,y_lower,y_upper");
    const pipeline::Model model = pipeline::load_model(scratch.path("m"));
    REQUIRE(model.has_intervals());
    int covered = 0;
    for (int i = 0; i < 120; ++i) {
      const std::vector<double> cells = noisy(i);
      const Matrix<double> own =
          model.outputs_and_intervals(bochner::MatrixView<const double>(cells.data(), 1, 2), 0.8);
      const std::vector<double> line = numbers(rows[static_cast<std::size_t>(i) + 1]);
      REQUIRE(line.size() == 3);
      for (Index c = 0; c < 3; ++c) CHECK(line[static_cast<std::size_t>(c)] == own(0, c));
      covered += line[1] <= cells[3] && cells[3] <= line[2];
    }
    CHECK(covered >= 96);
  }
  const Outcome array = run_bochner({"predict", "--data", data, "--model", scratch.path("m"),
                                     "--interval", "0.8", "-o", scratch.path("p.npy")});
  CHECK(array.status == 0);
}

TEST_CASE("intervals survive the archive, and a model without them is as before",
          "[fit][intervals]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,site,y", 60, noisy));
  REQUIRE(fit(data, scratch.path("with"), fixed({"--intervals", "5-fold"})).status == 0);
  REQUIRE(fit(data, scratch.path("without"), kFixed).status == 0);
  const pipeline::Model with = pipeline::load_model(scratch.path("with"));
  const pipeline::Model without = pipeline::load_model(scratch.path("without"));
  CHECK_FALSE(without.has_intervals());
  const bochner::Archive archive = to_archive(with);
  bochner::Archive stripped = archive;
  std::erase_if(stripped.metadata, [](const auto& e) { return e.first.starts_with("intervals."); });
  std::erase_if(stripped.arrays, [](const auto& e) { return e.first.starts_with("intervals."); });
  CHECK(stripped.metadata == to_archive(without).metadata);
  CHECK(stripped.arrays.size() == to_archive(without).arrays.size());
  CHECK_FALSE(pipeline::from_archive(stripped).has_intervals());

  bochner::Archive bad = archive;
  bad.metadata["intervals.kind"] = "label_sets";
  CHECK_THROWS_WITH(pipeline::from_archive(bad), Contains("'scored_by'"));
  bad = archive;
  bad.metadata.erase("intervals.kind");
  CHECK_THROWS_WITH(pipeline::from_archive(bad), Contains("'kind'"));
  bad = archive;
  bad.arrays.erase("intervals.held_out_share");
  CHECK_THROWS_WITH(pipeline::from_archive(bad), Contains("held_out_share"));
  pipeline::Model other = without;
  other.held_out = pipeline::load_model(scratch.path("with")).held_out;
  CHECK_NOTHROW(to_archive(other));
  REQUIRE(fit(data, scratch.path("seed"), fixed({"--intervals", "5-fold", "--seed", "2"})).status ==
          0);
  other.held_out = pipeline::load_model(scratch.path("seed")).held_out;
  CHECK_THROWS_WITH(to_archive(other), Contains("intervals are of another map"));
  CHECK_THROWS_WITH(without.outputs_and_intervals(Matrix<double>(1, 3).view(), 0.9),
                    Contains("holds no intervals"));
}

TEST_CASE("whole groups are left out where groups are named", "[fit][intervals]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,site,y", 120, noisy));
  const pipeline::FitRequest request{.data = data,
                                     .columns = {.targets = {"y"}, .groups = {"site"}},
                                     .spec = {.num_frequencies = 16, .seed = {1}},
                                     .search = {.lengthscales = bochner::LengthscaleSearch::fixed},
                                     .ridge = 1e-4,
                                     .arithmetic = bochner::Arithmetic::double_precision};
  for (const pipeline::IntervalPlan plan : {pipeline::IntervalPlan{pipeline::HeldOut::rows},
                                            pipeline::IntervalPlan{pipeline::HeldOut::folds, 8}}) {
    pipeline::FitRequest asked = request;
    asked.intervals = plan;
    const pipeline::Model model = pipeline::fit(asked).model;
    const auto& held = std::get<bochner::PredictionIntervals<double>>(model.held_out);
    CHECK(held.num_models() == (plan.held_out == pipeline::HeldOut::rows ? 40 : 8));
    CHECK(std::abs(held.highest_level() - 40.0 / 41.0) < 1e-12);
  }
  CHECK(fit(data, scratch.path("m"),
            {"--target", "y", "--groups", "site", "--lengthscale", "1", "--ridge", "1e-4",
             "--intervals", "loo"})
            .status == 0);
  const Outcome one =
      fit(scratch.write("one.csv", "t,site,y\n1,2,3\n2,2,5\n3,2,4\n"), scratch.path("m"),
          {"--target", "y", "--groups", "site", "--lengthscale", "1", "--ridge", "1e-4",
           "--intervals", "10-fold"});
  CHECK(one.status == 1);
  CHECK_THAT(one.err, Contains("has 1 groups, and intervals by 10-fold need at least 10"));
}

TEST_CASE("rows without weight leave nothing in intervals", "[fit][intervals]") {
  const Scratch scratch;
  const auto with_weights = [](int i) {
    std::vector<double> row = noisy(i);
    const bool absent = i % 10 == 3;
    row.push_back(absent ? 0.0 : 1.0);
    if (absent) row[3] = 1e200;
    return row;
  };
  const std::string data = scratch.write("x.csv", table("t,u,site,y,w", 120, with_weights));
  for (const char* const how : {"loo", "10-fold"}) {
    REQUIRE(fit(data, scratch.path("m"),
                fixed({"--intervals", how, "--weights", "w", "--groups", "site"}))
                .status == 0);
    const pipeline::Model model = pipeline::load_model(scratch.path("m"));
    const auto& held = std::get<bochner::PredictionIntervals<float>>(model.held_out);
    CHECK(held.num_rows() == 108);
    const double row[] = {0.1, 0.2};
    const Matrix<double> found =
        model.outputs_and_intervals(bochner::MatrixView<const double>(row, 1, 2), 0.8);
    CHECK(found(0, 1) > -3.0);
    CHECK(found(0, 2) < 3.0);
  }
}

TEST_CASE("label sets of a classification", "[fit][intervals]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", classes(120));
  for (const char* const loss : {"squared", "logistic"}) {
    const Outcome fitted =
        fit(data, scratch.path("m"),
            {"--target", "y", "--task", "classify", "--loss", loss, "--lengthscale", "1", "--ridge",
             "1e-2", "--intervals", "10-fold", "--frequencies", "16"});
    INFO(fitted.err);
    REQUIRE(fitted.status == 0);
    const Outcome predicted = run_bochner(
        {"predict", "--data", data, "--model", scratch.path("m"), "--interval", "0.95"});
    REQUIRE(predicted.status == 0);
    const auto rows = lines(predicted.out);
    CHECK(rows[0] == "y,high_in_set,\"low, or so_in_set\"");
    // One row in ten is of the other class: sets of 95 % must hold both, or some rows neither.
    const auto truth = lines(classes(120));
    int covered = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
      const bool high = truth[i].ends_with(",high");
      covered += rows[i].ends_with(",1,1") || rows[i].ends_with(high ? ",1,0" : ",0,1");
    }
    CHECK(covered >= 108);
    CHECK(run_bochner({"predict", "--data", data, "--model", scratch.path("m"), "--interval", "0.9",
                       "-o", scratch.path("p.npy")})
              .status == 2);
  }
}

TEST_CASE("intervals that are not to be had are refused", "[fit][intervals][bad]") {
  const Scratch scratch;
  const std::string data = scratch.write("x.csv", table("t,u,site,y", 60, noisy));
  REQUIRE(fit(data, scratch.path("m"), fixed({"--posterior", "full"})).status == 0);
  const auto predict = [&](const Arguments& more) {
    Arguments arguments = {"predict", "--data", data, "--model", scratch.path("m")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_bochner(arguments);
  };
  const Outcome none = predict({"--interval", "0.9"});
  CHECK(none.status == 1);
  CHECK_THAT(none.err, Contains("holds no intervals; fit with --intervals 10-fold"));
  for (const char* const level : {"0", "1", "90", "nan", "high"}) {
    const Outcome outcome = predict({"--interval", level});
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains("--interval") && Contains("between 0 and 1"));
  }
  for (const Arguments& wrong :
       std::vector<Arguments>{{"--intervals", "1-fold"},
                              {"--intervals", "all"},
                              {"--intervals", "10-fold", "--solver", "iterative"}}) {
    const Outcome outcome = fit(data, scratch.path("n"), fixed(wrong));
    CHECK(outcome.status == 2);
    CHECK_THAT(outcome.err, Contains("--intervals"));
  }
  const Outcome few = fit(data, scratch.path("n"), fixed({"--intervals", "61-fold"}));
  CHECK(few.status == 1);
  CHECK_THAT(few.err, Contains("has 60 rows, and intervals by 61-fold need at least 61"));
  const Outcome classes_by_rows = fit(scratch.write("c.csv", classes(40)), scratch.path("n"),
                                      fixed({"--task", "classify", "--intervals", "loo"}));
  CHECK(classes_by_rows.status == 2);
}
