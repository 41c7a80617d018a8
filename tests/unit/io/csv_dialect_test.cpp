// SPDX-License-Identifier: Apache-2.0
#include "io/csv_dialect.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace bochner::io;
using bochner::Index;
using bochner::test::Scratch;
using Catch::Matchers::Contains;

namespace {

using Rows = std::vector<std::vector<double>>;
using Names = std::vector<std::string>;

struct Contents {
  std::string layout;
  Names names;
  Rows rows;
};

Contents parse(const std::string& text, const ReadOptions& options = {}) {
  const Scratch scratch;
  const auto reader = open_rows(scratch.write("a.csv", text), options);
  const auto matrix = read_all<double>(*reader);
  Contents out{reader->layout(), {reader->names().begin(), reader->names().end()}, {}};
  for (Index i = 0; i < matrix.rows(); ++i) {
    out.rows.emplace_back(matrix.row(i), matrix.row(i) + matrix.cols());
  }
  return out;
}

ReadOptions with(Header header) {
  ReadOptions options;
  options.header = header;
  return options;
}

}  // namespace

TEST_CASE("numbers that count the columns are a header, and it is said", "[csv][guess]") {
  struct Case {
    std::string text;
    std::size_t rows;
  };
  for (const Case& header : {
           Case{"0,1,2\n0.5,1.5,2.5\n", 1},          // pandas without an index
           Case{",0,1,2\n0,0.5,1.5,2.5\n", 1},       // and with one
           Case{"0,1,2\n5,3,8\n7,1,2\n", 2},         // whole numbers below
           Case{"0,1\n0.25,0.5\n0.1,0.2\n", 2},      // two columns of fractions
           Case{"1;2;3\n0.5;1.5;2.5\n", 1},          // from 1
           Case{"1,2,3,4,5,6\n9,8,7,6,5,4\n", 1},    // as many
           Case{"\"0\",\"1\",\"2\"\n0.5,1,2\n", 1},  // quoted
           Case{"0\t1\t2\n4\t4\t4\n", 1},
       }) {
    INFO(header.text);
    ReadOptions options;
    options.columns.keep = {"2-"};
    CHECK(parse(header.text, options).rows.size() == header.rows);
    CHECK_THAT(parse(header.text, options).layout, Contains("header of numbers"));
    options.header = Header::absent;
    CHECK(parse(header.text, options).rows.size() == header.rows + 1);
    CHECK_THAT(parse(header.text, options).layout, Contains("no header"));
  }
  for (const char* data : {
           "1,2,3\n4,5,6\n",         // goes on counting
           "0,1,2\n3,4,5\n6,7,8\n",  // likewise
           "1,2,3\n7,8,9\n",         // a small matrix
           "0,1\n1,0\n1,1\n",        // bits
           "1,2\n3.5,4\n",           // not all fractions
           "0,1,3\n0.5,0.5,0.5\n",   // does not count
           "2,3,4\n0.5,0.5,0.5\n",   // from elsewhere
           "0,1,2\n",                // nothing below
           "0\n0.5\n",
           "0.0,1.0\n.5,.5\n",
       }) {
    INFO(data);
    CHECK(parse(data).names.empty());
    CHECK_THAT(parse(data).layout, Contains("no header"));
    CHECK(parse(data).rows == parse(data, with(Header::absent)).rows);
  }
}

TEST_CASE("a number chooses by position, a name in quotes by name", "[csv][guess]") {
  const std::string text = "0,1,2\n0.5,1.5,2.5\n";
  const auto chosen = [&](const Names& keep, Entry entry = Entry::number_or_name) {
    ReadOptions options;
    options.columns = {keep, {}, entry, {}};
    return parse(text, options).rows.front();
  };
  CHECK(chosen({"1", "3"}) == std::vector<double>{0.5, 2.5});
  CHECK(chosen({"\"1\"", "\"2\""}) == std::vector<double>{1.5, 2.5});
  CHECK(chosen({"1", "2"}, Entry::name) == std::vector<double>{1.5, 2.5});
  CHECK(chosen({"0"}) == std::vector<double>{0.5});  // no position
  ReadOptions options;
  options.columns.places = {2, 0};
  CHECK(parse(text, options).rows == Rows{{2.5, 0.5}});
  CHECK(parse("a,a,y\n1,2,3\n", options).rows == Rows{{3, 1}});
  options.columns.places = {3};
  CHECK_THROWS_WITH(parse(text, options), Contains("has no column number 4; it has 3 columns"));
}

TEST_CASE("the delimiter is found, or given", "[csv][guess]") {
  const Rows rows = {{1.5, -2, 3}, {4, 5, 6e-3}};
  for (const auto& [text, layout] : std::vector<std::pair<std::string, std::string>>{
           {"1.5,-2,3\n4,5,6e-3\n", "CSV, comma, no header, 3 columns"},
           {"a,b,c\n1.5,-2,3\n4,5,6e-3\n", "CSV, comma, header, 3 columns"},
           {"1.5;-2;3\n4;5;6e-3\n", "CSV, semicolon, no header, 3 columns"},
           {"1.5\t-2\t3\n4\t5\t6e-3\n", "CSV, tab, no header, 3 columns"},
           {"1.5 -2 3\n4 5 6e-3\n", "text, blanks, no header, 3 columns"},
           {"  1.5   -2  3  \r\n  4 \t5\t\t6e-3\r\n", "text, blanks, no header, 3 columns"},
           {"a b  c\n1.5 -2 3\n4 5 6e-3\n", "text, blanks, header, 3 columns"},
           {"1.5,-2,3\r4,5,6e-3\r", "CSV, comma, no header, 3 columns"},
           {"a;b;c\r1.5;-2;3\r4;5;6e-3", "CSV, semicolon, header, 3 columns"},
           {"\n\n1.5,-2,3\n4,5,6e-3\n",
            "CSV, comma, no header, 3 columns, 2 lines before them skipped"},
           {"# it's \"a\" remark, and ' more\n#\na,b,c\n1.5,-2,3\n4,5,6e-3\n",
            "CSV, comma, header, 3 columns, 2 lines before them skipped"},
           {"\xEF\xBB\xBF# remark\r\n \r\na;b;c\r\n1.5;-2;3\r\n4;5;6e-3\r\n",
            "CSV, semicolon, header, 3 columns, 2 lines before them skipped"},
       }) {
    INFO(text);
    CHECK(parse(text).rows == rows);
    CHECK(parse(text).layout == layout);
  }
  // Words with blanks in them, and numbers that the tab parts from a name.
  CHECK(parse("body mass\n70\n80\n").names == Names{"body mass"});
  ReadOptions options;
  options.columns.keep = {"1-3"};
  CHECK(parse("18.0   8 307\t\"chevrolet chevelle\"\n15  8 350\t\"buick\"\n", options).rows ==
        Rows{{18, 8, 307}, {15, 8, 350}});
  options = {};
  options.delimiter = Delimiter::blanks;
  CHECK(parse("1 2\t\t3\n4\t5 6\n", options).rows == Rows{{1, 2, 3}, {4, 5, 6}});
  CHECK_THROWS_WITH(parse("1\t2\n3\t\t4\n"),
                    Contains("line 2: has 3 fields, expected 2 as in line 1 "
                             "(delimiter=space"));
  options.delimiter = Delimiter::semicolon;
  CHECK_THROWS_WITH(parse("1,2\n3,4\n", options), Contains("'1,2' is not a number"));
  CHECK_THROWS_WITH(parse("year mass\n70 x 1\n"), Contains("line 2, column 1 ('year mass'): '70 "
                                                           "x 1' is not a number (delimiter="
                                                           "space"));
}

TEST_CASE("decimal commas are seen, and read when it is said", "[csv][guess]") {
  for (const char* text : {"1,5;2,5\n3,25;4\n", "1,5;2\n3,25;4,75\n", "1,5\t2,5\n3\t4\n"}) {
    INFO(text);
    CHECK_THROWS_WITH(parse(text), Contains("line 1, column 1: '1,5' is not a number") &&
                                       Contains("decimal=comma"));
  }
  ReadOptions options;
  options.decimal = Decimal::comma;
  CHECK(parse("1,5;2,5\n3,25;4\n", options).rows == Rows{{1.5, 2.5}, {3.25, 4}});
  CHECK(parse("a;b\n-1,5e3;2.5\n", options).rows == Rows{{-1500, 2.5}});
  CHECK_THROWS_WITH(parse("a;b\n1,5,6;2\n", options), Contains("'1,5,6' is not a number"));
  CHECK_THROWS_WITH(parse("1,2\n", options), Contains("cannot be both between and within"));
}

TEST_CASE("a name that is empty is none", "[csv]") {
  CHECK(parse("\"\"\n1\n2\n").names.empty());
  CHECK(parse("\"\"\n1\n2\n").rows == Rows{{1}, {2}});
  CHECK(parse("\"\"\n1\n2\n").layout == "CSV, comma, header, 1 column");
  const Scratch scratch;
  const auto reader = open_rows(scratch.write("a.csv", ",x,\n1,2,3\n"));
  CHECK(reader->name(0) == "1");
  CHECK(reader->name(1) == "x");
  CHECK(reader->name(2) == "3");
}

TEST_CASE("rows and columns are named as an editor counts them", "[csv]") {
  const Scratch scratch;
  const auto reader =
      open_rows(scratch.write("a.csv", "# remark\n\n\"two\nlines\",b\n1,2\n\"3\",4\n5,6\n"));
  bochner::Matrix<double> block(2, 2);
  REQUIRE(reader->read(block.view()) == 2);
  CHECK(reader->line_of(0) == 5);
  CHECK(reader->line_of(1) == 6);
  CHECK(reader->place(1) == scratch.path("a.csv") + ": line 6");
  CHECK(reader->place(1, 1) == scratch.path("a.csv") + ": line 6, column 2 ('b')");
  REQUIRE(reader->read(block.view()) == 1);
  CHECK(reader->line_of(0) == 7);
}
