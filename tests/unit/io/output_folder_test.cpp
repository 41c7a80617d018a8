// SPDX-License-Identifier: Apache-2.0
#include "io/output_folder.hpp"

#include "bochner/core/error.hpp"
#include "io/temporaries.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

using bochner::io::OutputFolder;
using bochner::test::Scratch;
using bochner::test::slurp;
using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

TEST_CASE("the files of a report appear together", "[report]") {
  const Scratch scratch;
  const std::string path = scratch.path("report");
  {
    OutputFolder report(path);
    report.add("a", "1");
    report.add("b", "2");
    CHECK_FALSE(std::filesystem::exists(path + "/a"));
    report.commit();
  }
  CHECK(slurp(path + "/a") == "1");
  CHECK(slurp(path + "/b") == "2");
  {
    OutputFolder report(path);
    report.add("a", "new");
    report.add("c", "3");
  }
  CHECK(slurp(path + "/a") == "1");
  CHECK_FALSE(std::filesystem::exists(path + "/c"));
}

TEST_CASE("an abandoned report leaves no directory, unless it was there", "[report]") {
  const Scratch scratch;
  {
    OutputFolder report(scratch.path("new"));
    report.add("a", "1");
  }
  CHECK(scratch.list().empty());
  std::filesystem::create_directory(scratch.path("old"));
  { OutputFolder report(scratch.path("old")); }
  CHECK(scratch.list() == Names{"old"});
}

TEST_CASE("a signal's cleaning removes the directory too", "[report]") {
  const Scratch scratch;
  OutputFolder report(scratch.path("new"));
  report.add("a", "1");
  bochner::io::remove_temporaries();
  CHECK(scratch.list().empty());
}

TEST_CASE("what else is in the directory stays, with its permissions and links", "[report]") {
  const Scratch scratch;
  const std::string path = scratch.path("report");
  std::filesystem::create_directory(path);
  REQUIRE(::chmod(path.c_str(), 0750) == 0);
  scratch.write("report/a", "old");
  REQUIRE(::chmod((path + "/a").c_str(), 0600) == 0);
  scratch.write("report/notes", "mine");
  scratch.write("elsewhere", "theirs");
  REQUIRE(::symlink("../elsewhere", (path + "/b").c_str()) == 0);
  REQUIRE(::symlink("nowhere", (path + "/link").c_str()) == 0);
  for (const bool folder_inside : {false, true}) {
    if (folder_inside) std::filesystem::create_directory(path + "/sub");
    OutputFolder report(path);
    report.add("a", "1");
    report.add("b", "2");
    report.commit();
    CHECK(slurp(path + "/a") == "1");
    CHECK(slurp(path + "/b") == "2");
    CHECK(slurp(path + "/notes") == "mine");
    CHECK(slurp(scratch.path("elsewhere")) == "theirs");
    CHECK_FALSE(std::filesystem::is_symlink(path + "/b"));
    CHECK(std::filesystem::read_symlink(path + "/link") == "nowhere");
    using std::filesystem::perms;
    CHECK(std::filesystem::status(path).permissions() ==
          (perms::owner_all | perms::group_read | perms::group_exec));
    CHECK(std::filesystem::status(path + "/a").permissions() ==
          (perms::owner_read | perms::owner_write));
  }
  CHECK(std::filesystem::is_directory(path + "/sub"));
  CHECK(scratch.list() == Names{"elsewhere", "report"});
}

TEST_CASE("a directory under a link, and the current one, are written in place", "[report]") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("real"));
  REQUIRE(::symlink("real", scratch.path("link").c_str()) == 0);
  {
    OutputFolder report(scratch.path("link"));
    report.add("a", "1");
    report.commit();
  }
  CHECK(slurp(scratch.path("real/a")) == "1");
  CHECK(std::filesystem::is_symlink(scratch.path("link")));
  CHECK(scratch.list() == Names{"link", "real"});
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path("real"));
  {
    OutputFolder report(".");
    report.add("a", "2");
    report.commit();
  }
  CHECK(std::filesystem::exists("a"));
  std::filesystem::current_path(before);
  CHECK(slurp(scratch.path("real/a")) == "2");
}

TEST_CASE("a directory that has a name of the report is left alone", "[report]") {
  const Scratch scratch;
  const std::string path = scratch.path("report");
  std::filesystem::create_directories(path + "/b");
  scratch.write("report/a", "old");
  scratch.write("report/b/x", "mine");
  {
    OutputFolder report(path);
    report.add("a", "1");
    report.add("b", "2");
    CHECK_THROWS_WITH(report.commit(), Contains("Is a directory"));
  }
  CHECK(slurp(path + "/a") == "old");
  CHECK(slurp(path + "/b/x") == "mine");
  CHECK(scratch.list() == Names{"report"});
}

TEST_CASE("a report needs a directory", "[report]") {
  const Scratch scratch;
  CHECK_THROWS_WITH(OutputFolder(scratch.write("f", "")), Contains("is a file, expected a dir"));
  CHECK_THROWS_WITH(OutputFolder(scratch.path("no/dir")),
                    Contains("no/dir: cannot create the directory: No such file or directory"));
  CHECK_THROWS_WITH(OutputFolder(""), Contains("empty"));
}
