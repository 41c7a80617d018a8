// SPDX-License-Identifier: Apache-2.0
#include "io/output_file.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/matrix_writer.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::Matrix;
using bochner::test::Scratch;
using bochner::test::slurp;
using Catch::Matchers::Contains;

TEST_CASE("a file appears when it is committed, and not before", "[output]") {
  const Scratch scratch;
  const std::string path = scratch.path("out.txt");
  {
    OutputFile file(path);
    file.write("half");
    CHECK(scratch.list().size() == 1);
    CHECK(scratch.list().front() != "out.txt");
    file.flush();
  }
  CHECK(scratch.list().empty());
  {
    OutputFile file(path);
    file.write("whole");
    file.commit();
    CHECK(slurp(path) == "whole");
  }
  CHECK(scratch.list() == std::vector<std::string>{"out.txt"});
}

TEST_CASE("an abandoned write keeps the old file", "[output]") {
  const Scratch scratch;
  const std::string path = scratch.write("out.txt", "old");
  {
    OutputFile file(path);
    file.write(std::string(1 << 20, 'x'));
  }
  CHECK(slurp(path) == "old");
  CHECK(scratch.list().size() == 1);
}

TEST_CASE("a signal's cleaning removes what is not committed", "[output]") {
  const Scratch scratch;
  OutputFile done(scratch.path("done"));
  done.write("done");
  done.commit();
  OutputFile file(scratch.path("out"));
  file.write("half");
  remove_temporaries();
  CHECK(scratch.list() == std::vector<std::string>{"done"});
}

TEST_CASE("links are followed and permissions stay", "[output]") {
  const Scratch scratch;
  const std::string path = scratch.write("real", "old");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  REQUIRE(::symlink("real", scratch.path("link").c_str()) == 0);
  OutputFile file(scratch.path("link"));
  file.write("new");
  file.commit();
  CHECK(slurp(path) == "new");
  struct stat status {};
  REQUIRE(::lstat(scratch.path("link").c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("a link that leads to nothing yet is followed", "[output]") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("folder"));
  REQUIRE(::symlink("second", scratch.path("first").c_str()) == 0);
  REQUIRE(::symlink("folder/out", scratch.path("second").c_str()) == 0);
  OutputFile file(scratch.path("first"));
  file.write("new");
  file.commit();
  CHECK(slurp(scratch.path("folder/out")) == "new");
  CHECK(std::filesystem::is_symlink(scratch.path("first")));
  CHECK(std::filesystem::is_symlink(scratch.path("second")));
  REQUIRE(::symlink("loop", scratch.path("loop").c_str()) == 0);
  CHECK_THROWS_AS(OutputFile(scratch.path("loop")), FileError);
}

TEST_CASE("what is not committed can be read by no more than the file itself", "[output]") {
  const Scratch scratch;
  const std::string path = scratch.write("secret", "old");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  const mode_t mask = ::umask(0);
  OutputFile file(path);
  ::umask(mask);
  for (const std::string& name : scratch.list()) {
    struct stat status {};
    REQUIRE(::stat(scratch.path(name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

TEST_CASE("the longest name that a file may have can be written", "[output]") {
  const Scratch scratch;
  const std::string name(255, 'n');
  OutputFile file(scratch.path(name));
  file.write("x");
  file.commit();
  CHECK(scratch.list() == std::vector<std::string>{name});
}

TEST_CASE("what cannot be written is refused by name", "[output]") {
  const Scratch scratch;
  CHECK_THROWS_WITH(OutputFile(""), Contains("empty"));
  CHECK_THROWS_WITH(OutputFile(scratch.path()), Contains(scratch.path() + ": is a directory"));
  CHECK_THROWS_WITH(OutputFile(scratch.path("no/file")),
                    Contains("no/file: cannot create: No such file or directory"));
  CHECK_THROWS_AS(OutputFile(scratch.path(std::string(5000, 'x'))), FileError);
}

TEST_CASE("a full disk is an error that names the file", "[output]") {
  if (::access("/dev/full", W_OK) != 0) return;
  OutputFile file("/dev/full");
  file.write("x");
  CHECK_THROWS_WITH(file.commit(), "/dev/full: cannot write: No space left on device");
  CHECK(::access("/dev/full", F_OK) == 0);
}

TEMPLATE_TEST_CASE("what is written reads back to the same bits", "[output]", float, double) {
  const Scratch scratch;
  using Limits = std::numeric_limits<TestType>;
  Matrix<TestType> matrix(3, 2);
  matrix(0, 0) = TestType(0.1);
  matrix(0, 1) = -TestType(0);
  matrix(1, 0) = Limits::denorm_min();
  matrix(1, 1) = Limits::max();
  matrix(2, 0) = Limits::lowest();
  matrix(2, 1) = TestType(1) / TestType(3);
  for (const std::string name : {"out.npy", "out.csv"}) {
    OutputFile file(scratch.path(name));
    const auto view = matrix.view().transpose();
    const std::vector<std::string> names = {"a", "b,\"c\"", "d"};
    if (name == "out.npy") {
      write_npy<TestType>(file, view);
    } else {
      write_csv<TestType>(file, names, view);
    }
    file.commit();
    const auto reader = open_rows(scratch.path(name));
    const Matrix<TestType> back = read_all<TestType>(*reader);
    REQUIRE(back.rows() == 2);
    REQUIRE(back.cols() == 3);
    if (name == "out.csv")
      CHECK(std::vector(reader->names().begin(), reader->names().end()) == names);
    for (Index i = 0; i < 2; ++i) {
      for (Index j = 0; j < 3; ++j) {
        CHECK(back(i, j) == matrix(j, i));
        CHECK(std::signbit(back(i, j)) == std::signbit(matrix(j, i)));
      }
    }
  }
}
