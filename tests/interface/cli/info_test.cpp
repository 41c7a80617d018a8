// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/registry.hpp"
#include "bochner/feature_map.hpp"
#include "bochner/version.hpp"
#include "interface/cli/command.hpp"
#include "interface/cli/program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <variant>

using namespace bochner::test;
using Catch::Matchers::Contains;

TEST_CASE("info names what there is", "[info]") {
  const Outcome text = run_bochner({"info"});
  CHECK(text.status == 0);
  CHECK(text.err.empty());
  CHECK_THAT(text.out, Contains(std::string("bochner ") + bochner::version_string()));
  const Outcome json = run_bochner({"info", "--json"});
  CHECK(json.status == 0);
  CHECK(json.err.empty());
  const auto document = nlohmann::json::parse(json.out);
  CHECK(document["schema_version"] == 1);
  CHECK(document["command"] == "info");
  CHECK(document["threads"] >= 1);
  CHECK(document["kernels"].size() == bochner::kNumAlternatives<bochner::Kernel>);
  CHECK(document["projections"].size() == bochner::kNumAlternatives<bochner::Projection>);
  CHECK(document["features"].size() == bochner::kNumAlternatives<bochner::FeatureFunction>);
  for (const std::string kernel : document["kernels"]) {
    CHECK(to_text(bochner::parse_kernel(kernel)) == kernel);
    CHECK_THAT(text.out, Contains(kernel));
  }
}

TEST_CASE("the instruction set can be lowered and not invented", "[info]") {
  const auto document = nlohmann::json::parse(run_bochner({"info", "--json"}).out);
  for (const std::string isa : document["instruction_sets"]) {
    const Outcome chosen = run_bochner({"info", "--json"}, {.environment = {"BOCHNER_ISA=" + isa}});
    CHECK(nlohmann::json::parse(chosen.out)["instruction_set"] == isa);
  }
  const Outcome wrong = run_bochner({"info"}, {.environment = {"BOCHNER_ISA=abacus"}});
  CHECK(wrong.status == 1);
  CHECK(wrong.out.empty());
  CHECK_THAT(wrong.err, Contains("abacus") && Contains("scalar"));
}

TEST_CASE("the environment's number of threads is the default", "[info]") {
  for (const int threads : {1, 3}) {
    const Outcome info = run_bochner(
        {"info", "--json"}, {.environment = {"OMP_NUM_THREADS=" + std::to_string(threads)}});
    CHECK(nlohmann::json::parse(info.out)["threads"] == threads);
  }
}

TEST_CASE("help and version go to the standard output", "[info]") {
  const Outcome version = run_bochner({"--version"});
  CHECK(version.status == 0);
  CHECK(version.out == std::string("bochner ") + bochner::version_string() + "\n");
  const Outcome help = run_bochner({"--help"});
  CHECK(help.status == 0);
  CHECK(help.err.empty());
  for (const bochner::cli::Command& command : bochner::cli::commands()) {
    CHECK_THAT(help.out, Contains(command.name) && Contains(command.summary));
    const Outcome sub = run_bochner({command.name, "--help"});
    CHECK(sub.status == 0);
    CHECK(sub.err.empty());
    CHECK_THAT(sub.out, Contains(command.summary) && Contains("--json"));
  }
}
