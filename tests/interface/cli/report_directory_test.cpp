// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/report_directory.hpp"

#include "bochner/core/error.hpp"
#include "interface/io/temporaries.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using bochner::cli::ReportDirectory;
using bochner::test::Scratch;
using bochner::test::slurp;
using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

TEST_CASE("the files of a report appear together", "[report]") {
  const Scratch scratch;
  const std::string path = scratch.path("report");
  {
    ReportDirectory report(path);
    report.add("a", "1");
    report.add("b", "2");
    CHECK_FALSE(std::filesystem::exists(path + "/a"));
    report.commit();
  }
  CHECK(slurp(path + "/a") == "1");
  CHECK(slurp(path + "/b") == "2");
  {
    ReportDirectory report(path);
    report.add("a", "new");
    report.add("c", "3");
  }
  CHECK(slurp(path + "/a") == "1");
  CHECK_FALSE(std::filesystem::exists(path + "/c"));
}

TEST_CASE("an abandoned report leaves no directory, unless it was there", "[report]") {
  const Scratch scratch;
  {
    ReportDirectory report(scratch.path("new"));
    report.add("a", "1");
  }
  CHECK(scratch.list().empty());
  std::filesystem::create_directory(scratch.path("old"));
  { ReportDirectory report(scratch.path("old")); }
  CHECK(scratch.list() == Names{"old"});
}

TEST_CASE("a signal's cleaning removes the directory too", "[report]") {
  const Scratch scratch;
  ReportDirectory report(scratch.path("new"));
  report.add("a", "1");
  bochner::io::remove_temporaries();
  CHECK(scratch.list().empty());
}

TEST_CASE("a report needs a directory", "[report]") {
  const Scratch scratch;
  CHECK_THROWS_WITH(ReportDirectory(scratch.write("f", "")), Contains("is a file, expected a dir"));
  CHECK_THROWS_WITH(ReportDirectory(scratch.path("no/dir")),
                    Contains("no/dir: cannot create the directory: No such file or directory"));
  CHECK_THROWS_WITH(ReportDirectory(""), Contains("empty"));
}
