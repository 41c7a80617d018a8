// SPDX-License-Identifier: Apache-2.0
#include "io/row_reader.hpp"

#include "bochner/core/error.hpp"
#include "io/sha256.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <span>
#include <string>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::Matrix;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

TEST_CASE("the digest is that of the file, whatever was read of it", "[rows]") {
  const Scratch scratch;
  std::string text = "x,y\n";
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + ",1\n";
  Sha256 hash;
  hash.add(std::as_bytes(std::span(text)));
  const std::string path = scratch.write("a.csv", text);
  CHECK(open_rows(path)->digest() == hash.hex());
  const auto reader = open_rows(path);
  const Matrix<double> all = read_all<double>(*reader);
  CHECK(all.rows() == 20'000);
  CHECK(all(19'999, 0) == 19'999);
  CHECK(reader->digest() == hash.hex());
}

TEST_CASE("what cannot be opened is refused by name", "[rows]") {
  const Scratch scratch;
  CHECK_THROWS_WITH(open_rows(""), Contains("name of the input file is empty"));
  CHECK_THROWS_WITH(open_rows(scratch.path()), Contains(scratch.path() + ": is a directory"));
  CHECK_THROWS_WITH(open_rows(scratch.path("none")),
                    scratch.path("none") + ": cannot open: No such file or directory");
  CHECK_THROWS_AS(open_rows(scratch.path("none")), FileError);
}

TEST_CASE("the type is told by content, not by name", "[rows]") {
  const Scratch scratch;
  CHECK(read_all<float>(*open_rows(scratch.write("a.npy", "1,2\n")))(0, 1) == 2.0F);
  CHECK(read_all<float>(*open_rows(scratch.write("no extension", "7\n")))(0, 0) == 7.0F);
}

TEST_CASE("columns of options are those of the file", "[row_reader]") {
  const bochner::test::Scratch scratch;
  const std::string csv = scratch.write("x.csv", "a,b\n1,2\n");
  using bochner::io::ReadOptions;
  const auto refused = [&](const ReadOptions& options, const std::string& reason) {
    CHECK_THROWS_WITH(bochner::io::open_rows(csv, options), Catch::Contains(reason));
  };
  ReadOptions options;
  options.classes = bochner::io::ClassColumn{.column = 2};
  refused(options, "classes names column 2 of those chosen, expected 0 to 1");
  options = {};
  options.groups = {-1};
  refused(options, "groups names column -1");
  options = {};
  options.columns.places = {-1};
  refused(options, "no column number 0");
  options = {};
  options.columns.choose = [](const auto&, const auto&) { return std::vector<bochner::Index>(); };
  refused(options, "no column is chosen");
  options = {};
  options.format = bochner::io::Format::svmlight;
  options.svmlight.first_index = 7;
  refused(options, "first_index is 7");
  options.svmlight = {};
  options.svmlight.width = -3;
  refused(options, "width is -3, expected 1 to 2147483648");
}
