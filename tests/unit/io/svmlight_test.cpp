// SPDX-License-Identifier: Apache-2.0
#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/row_reader.hpp"
#include "io/svmlight_writer.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::Matrix;
using bochner::test::Scratch;
using bochner::test::slurp;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

using Rows = std::vector<std::vector<double>>;

Rows parse(const std::string& text, const ReadOptions& options = {}) {
  const Scratch scratch;
  const auto reader = open_rows(scratch.write("a.svm", text), options);
  const Matrix<double> matrix = read_all<double>(*reader);
  Rows out;
  for (Index i = 0; i < matrix.rows(); ++i) {
    out.emplace_back(matrix.row(i), matrix.row(i) + matrix.cols());
  }
  return out;
}

}  // namespace

TEST_CASE("svmlight is told by its content, and absent items are zero", "[svmlight]") {
  const Rows rows = {{1, 0, 2.5, 0}, {-1, 4, 0, -1e-3}, {0, 0, 0, 0}};
  for (const char* text : {
           "1 2:2.5\n-1 1:4 3:-1e-3\n0\n",
           "+1 2:2.5\r\n-1 1:4 3:-0.001\r\n0\r\n",
           "# a comment\n\n1   2:2.5 # note 7:7\n-1\t1:4 3:-1e-3\n\n0 #",
           "1 2:+2.5\n-1 1:4 2:0 3:-1e-3\n0",
       }) {
    INFO(text);
    CHECK(parse(text) == rows);
  }
  ReadOptions options;
  options.columns.keep = {"x3", "label"};
  CHECK(parse("1 2:2.5\n-1 1:4 3:8\n", options) == Rows{{0, 1}, {8, -1}});
  const Scratch scratch;
  const auto reader = open_rows(scratch.write("a", "1 2:3\n"));
  CHECK(std::vector(reader->names().begin(), reader->names().end()) ==
        std::vector<std::string>{"label", "x1", "x2"});
}

TEST_CASE("malformed svmlight is refused by line", "[svmlight][bad]") {
  for (const auto& [text, reason] : std::vector<std::pair<std::string, std::string>>{
           {"1 1:1\n1 0:1\n", "line 2: '0:1': expected indices counted from 1 (zero-based"},
           {"1 2:1 1:1\n", "line 1: '1:1': expected indices in ascending order"},
           {"1 1:1 1:1\n", "line 1: '1:1': expected indices in ascending order"},
           {"1 1:1\n1 -1:1\n", "line 2: '-1:1': expected indices counted from 1"},
           {"1 1:red\n", "line 1: '1:red' is not a number"},
           {"1 1:\n", "line 1: '1:' is not a number"},
           {"1 1:1\n1 x:1\n", "line 2: 'x:1' is not of the form"},
           {"1 1:1\n1 2\n", "line 2: '2' is not of the form"},
           {"1 1:1\nred 1:1\n", "line 2: 'red' is not a number"},
           {"1 1:1e999\n", "line 1: '1:1e999' is out of range"},
           {"1 1:nan\n", "line 1: '1:nan' is not finite"},
           {"1 1:inf\n", "line 1: '1:inf' is not finite"},
           {"1 1:0x1p3\n", "line 1: '1:0x1p3' is not a number"},
           {"1 1:1 16777217:1\n", "the index is above 2^21; expected width=16777217 if"},
           {"1 1:1 99999999999999999999:1\n", "is not of the form"},
           {"1 qid:3 1:1\n", "'qid' is for ranking"},
           {std::string("1 1:1\n1 1:1\0 2:2\n", 17), "line 2: "},
       }) {
    INFO(text);
    CHECK_THROWS_WITH(parse(text), Contains(reason));
    CHECK_THROWS_AS(parse(text), FileError);
  }
  // Text with commas and blanks stays what it was.
  CHECK(parse("1, 2\n3, 4\n") == Rows{{1, 2}, {3, 4}});
}

TEST_CASE("svmlight cut anywhere or with any byte changed is read or refused, never worse",
          "[svmlight][bad]") {
  const std::string whole = "+1 1:0.5 3:-2e-1 # c\n-1 2:7\n";
  for (std::size_t length = 1; length < whole.size(); ++length) {
    try {
      parse(whole.substr(0, length));
    } catch (const FileError&) {
    }
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char byte : {'\0', ' ', ':', '#', '\n', '9', '-', 'e', '\xFF', ','}) {
      std::string changed = whole;
      changed[at] = byte;
      try {
        parse(changed);
      } catch (const FileError&) {
      }
    }
  }
}

TEMPLATE_TEST_CASE("svmlight reads back to the same bits", "[svmlight]", float, double) {
  const Scratch scratch;
  Matrix<TestType> rows(2, 3);
  rows(0, 0) = TestType(0.1);
  rows(0, 2) = -TestType(1) / TestType(3);
  rows(1, 2) = TestType(1e-30);
  Matrix<double> labels(2, 1);
  labels(0, 0) = -1;
  labels(1, 0) = 26;
  OutputFile out(scratch.path("a.svm"));
  write_svmlight<TestType>(out, std::as_const(labels).view(), std::as_const(rows).view());
  out.commit();
  CHECK_THAT(slurp(scratch.path("a.svm")), StartsWith("-1 1:0.1 3:-0.33333"));
  const auto reader = open_rows(scratch.path("a.svm"));
  const auto back = read_all<TestType>(*reader);
  REQUIRE(back.cols() == 4);
  for (Index i = 0; i < 2; ++i) {
    CHECK(static_cast<double>(back(i, 0)) == labels(i, 0));
    for (Index j = 0; j < 3; ++j) CHECK(back(i, j + 1) == rows(i, j));
  }
}
