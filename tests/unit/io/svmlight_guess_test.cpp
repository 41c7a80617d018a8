// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/row_reader.hpp"
#include "io/svmlight_reader.hpp"
#include "support/allocation.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::Matrix;
using bochner::test::PeakAllocation;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

namespace {

using Rows = std::vector<std::vector<double>>;
using Names = std::vector<std::string>;

Rows rows_of(RowReader& reader) {
  const auto matrix = read_all<double>(reader);
  Rows out;
  for (Index i = 0; i < matrix.rows(); ++i) {
    out.emplace_back(matrix.row(i), matrix.row(i) + matrix.cols());
  }
  return out;
}

struct Contents {
  std::string layout;
  Names names;
  Rows rows;
};

Contents parse(const std::string& text, const ReadOptions& options = {}) {
  const Scratch scratch;
  const auto reader = open_rows(scratch.write("a.svm", text), options);
  return {reader->layout(), {reader->names().begin(), reader->names().end()}, rows_of(*reader)};
}

}  // namespace

TEST_CASE("rows without items may come first", "[svmlight][guess]") {
  const Rows rows = {{1, 0, 0}, {-1, 0.5, 1}};
  for (const std::string& text :
       {std::string("1\n-1 1:0.5 2:1\n"), std::string("# remark\n\n1 # nothing\n-1 1:0.5 2:1\n"),
        std::string("\xEF\xBB\xBF") + "1\n-1 1:0.5 2:1\n", std::string("1\r-1 1:0.5 2:1\r"),
        "#" + std::string(10'000, '-') + "\n1\n-1 1:0.5 2:1\n"}) {
    INFO(text);
    CHECK(parse(text).names == Names{"label", "x1", "x2"});
    CHECK(parse(text).rows == rows);
  }
  CHECK(parse("1\n2\n").layout == "CSV, comma, no header, 1 column");
  ReadOptions options;
  options.format = Format::svmlight;
  CHECK(parse("1\n2\n", options).layout == "svmlight, indices from 1, 0 columns and the label");
}

TEST_CASE("the width of svmlight may be said", "[svmlight][guess]") {
  ReadOptions options;
  options.svmlight.width = 4;
  CHECK(parse("1 2:3\n", options).rows == Rows{{1, 0, 3, 0, 0}});
  CHECK(parse("1 2:3\n", options).layout == "svmlight, indices from 1, 4 columns and the label");
  options.columns.keep = {"x4", "x2"};
  CHECK(parse("1 2:3\n", options).rows == Rows{{0, 3}});
  CHECK_THROWS_WITH(parse("1 2:3\n0 5:1\n", options),
                    Contains("line 2: '5:1': expected indices up to 4 (a larger width"));
  CHECK(svmlight_width(Names{"x3", "label", "x12", "y40", "x07"}, 1) == 12);
  CHECK(svmlight_width(Names{"x0", "x4"}, 0) == 5);
  CHECK(svmlight_width(Names{"x0"}, 1) == std::nullopt);
  CHECK(svmlight_width(Names{"age"}, 1) == std::nullopt);
}

TEST_CASE("indices may count from 0", "[svmlight][guess]") {
  ReadOptions options;
  options.svmlight.first_index = 0;
  CHECK(parse("1 0:2 2:3\n", options).names == Names{"label", "x0", "x1", "x2"});
  CHECK(parse("1 0:2 2:3\n", options).rows == Rows{{1, 2, 0, 3}});
  options.svmlight.width = 3;
  CHECK(parse("1 0:2\n", options).rows == Rows{{1, 2, 0, 0}});
  CHECK_THROWS_WITH(parse("1 3:2\n", options), Contains("expected indices up to 2"));
  CHECK_THROWS_WITH(parse("1 1:1\n1 0:1\n"), Contains("(zero-based counts from 0)"));
}

TEST_CASE("the label may be left out", "[svmlight][guess]") {
  ReadOptions options;
  options.svmlight.label = Label::left_out;
  CHECK(parse("7 2:3\n", options).rows == Rows{{0, 3}});
  CHECK_THAT(parse("7 2:3\n", options).layout, Contains("2 columns; the label is left out"));
  options.columns.drop = {"x1"};
  CHECK(parse("7 2:3\n", options).rows == Rows{{3}});
  options.columns = {{"label", "x2"}, {}};
  CHECK(parse("7 2:3\n", options).rows == Rows{{7, 3}});
}

TEST_CASE("svmlight comes through a pipe", "[svmlight]") {
  const Scratch scratch;
  const std::string path = scratch.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i) + " 3:" + std::to_string(i) + "\n";
  std::thread writer([&] { std::ofstream(path, std::ios::binary) << text; });
  const auto reader = open_rows(path);
  writer.join();
  const Rows rows = rows_of(*reader);
  REQUIRE(rows.size() == 20'000);
  CHECK(rows.back() == std::vector<double>{19'999, 0, 0, 19'999});
  CHECK(reader->digest() == open_rows(scratch.write("file", text))->digest());
}

TEST_CASE("a row of svmlight takes the room of its columns, once", "[svmlight][wide]") {
  constexpr Index kWidth = 1'355'191;
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += std::to_string(i % 2) + " " + std::to_string(i + 1) + ":1 1355191:0.5\n";
  }
  const Scratch scratch;
  const std::string path = scratch.write("wide.svm", text);
  {
    const PeakAllocation held;
    const auto reader = open_rows(path);
    CHECK(reader->rows() == 20);
    CHECK(reader->cols() == kWidth + 1);
    Matrix<double> block(rows_at_a_time(reader->cols()), reader->cols());
    CHECK(block.rows() == 1);
    Index rows = 0;
    while (reader->read(block.view()) == 1) {
      CHECK(block(0, rows + 1) == 1.0);
      CHECK(block(0, kWidth) == 0.5);
      ++rows;
    }
    CHECK(rows == 20);
    CHECK(held.bytes() < std::size_t{5} * kWidth * sizeof(double));
  }
  const PeakAllocation held;
  ReadOptions options;
  options.columns.keep = {"label", "x1355191", "x3"};
  const auto reader = open_rows(path, options);
  CHECK(rows_of(*reader)[2] == std::vector<double>{0, 0.5, 1});
  CHECK(held.bytes() < std::size_t{1} << 20);
}

TEST_CASE("a few bytes do not make millions of columns", "[svmlight][wide][bad]") {
  const PeakAllocation held;
  CHECK_THROWS_WITH(parse("1 16777216:1\n"),
                    Contains("line 1: '16777216:1': the index is above 2^21; expected width="
                             "16777216 if it is meant"));
  CHECK_THROWS_WITH(parse("1 9223372036854775807:1\n"), Contains("line 1: "));
  CHECK_THROWS_WITH(parse("1 9223372036854775806:1\n"), Contains("line 1: "));
  CHECK(held.bytes() < std::size_t{1} << 20);
}
