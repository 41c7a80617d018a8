// SPDX-License-Identifier: Apache-2.0
#include "io/csv_reader.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "io/row_reader.hpp"
#include "support/scratch.hpp"

#include <catch2/catch.hpp>

#include <clocale>
#include <cmath>
#include <string>
#include <vector>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::Matrix;
using bochner::test::Scratch;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

using Rows = std::vector<std::vector<double>>;
using Names = std::vector<std::string>;

struct Contents {
  Names names;
  Rows rows;
};

Contents parse(const std::string& text, const ReadOptions& options = {}) {
  const Scratch scratch;
  const auto reader = open_rows(scratch.write("a.csv", text), options);
  const Matrix<double> matrix = read_all<double>(*reader);
  Contents out{{reader->names().begin(), reader->names().end()}, {}};
  for (Index i = 0; i < matrix.rows(); ++i) {
    out.rows.emplace_back(matrix.row(i), matrix.row(i) + matrix.cols());
  }
  return out;
}

ReadOptions choose(const Names& keep, const Names& drop = {}) {
  ReadOptions options;
  options.columns = {keep, drop};
  return options;
}

}  // namespace

TEST_CASE("a table is read whatever wrote it", "[csv]") {
  const Rows rows = {{1, 2.5}, {-3, 4e5}};
  for (const char* text : {
           "1,2.5\n-3,4e5\n",
           "1,2.5\n-3,4e5",
           "1,2.5\r\n-3,4e5\r\n",
           "\xEF\xBB\xBF"
           "1,2.5\n-3,4e5\n",
           " 1 ,\t2.5\n-3, +4E+5\n",
           "1;2.5\n-3;400000.\n",
           "1\t2.5\n-3\t4e5\n",
           "\"1\",2.5\n-3,\"4e5\"\n",
           "1,2.5\n-3,4e5\n\n\r\n  \n",
       }) {
    CHECK(parse(text).rows == rows);
    CHECK(parse(text).names.empty());
    CHECK(parse("x,y\n" + std::string("1,2.5\n-3,4e5\n")).names == Names{"x", "y"});
  }
}

TEST_CASE("the first line is a header when nothing in it is a number", "[csv]") {
  CHECK(parse("a,b\n1,2\n").names == Names{"a", "b"});
  CHECK(parse("\"a,\"\"b\"\"\",c\n1,2\n").names == Names{"a,\"b\"", "c"});
  CHECK(parse("\"two\nlines\",c\n1,2\n").names == Names{"two\nlines", "c"});
  CHECK(parse("\"\",x\n1,2\n").names == Names{"", "x"});
  CHECK_THROWS_WITH(parse("a,2\n1,2\n"),
                    EndsWith("line 1, column 1: 'a' is not a number (if the line holds names, say "
                             "header=yes)"));
  ReadOptions options;
  options.header = Header::present;
  CHECK(parse("1,2\n3,4\n", options).names == Names{"1", "2"});
  CHECK(parse("1,2\n3,4\n", options).rows == Rows{{3, 4}});
  options.header = Header::absent;
  CHECK_THROWS_WITH(parse("a,b\n1,2\n", options),
                    Contains("line 1, column 1: 'a' is not a number"));
  CHECK(parse("a,b\n").rows.empty());
}

TEST_CASE("columns are chosen by name, number and range", "[csv]") {
  const std::string text = "id,x,y z,label\n7,1,2,red\n8,3,4,blue\n";
  CHECK(parse(text, choose({"y z", "x"})).rows == Rows{{2, 1}, {4, 3}});
  CHECK(parse(text, choose({"y z", "x"})).names == Names{"y z", "x"});
  CHECK(parse(text, choose({"2-3"})).rows == Rows{{1, 2}, {3, 4}});
  CHECK(parse(text, choose({"-2"})).rows == Rows{{7, 1}, {8, 3}});
  CHECK(parse(text, choose({}, {"label"})).names == Names{"id", "x", "y z"});
  CHECK(parse(text, choose({}, {"3-", "id"})).rows == Rows{{1}, {3}});
  CHECK(parse(text, choose({"1-3"}, {"2"})).rows == Rows{{7, 2}, {8, 4}});
  CHECK(parse("1-2,b\n5,6\n", choose({"1-2"})).rows == Rows{{5}});

  CHECK_THROWS_WITH(parse(text, choose({"z"})),
                    Contains("has no column 'z'; it has 4 columns: 'id', 'x', 'y z', 'label'"));
  CHECK_THROWS_WITH(parse("1,2\n", choose({"z"})), EndsWith("it has 2 columns without names"));
  for (const char* entry : {"0", "5", "2-9", "3-2", "-", "", "1-2-3", "0-", "1e0"}) {
    CHECK_THROWS_WITH(parse(text, choose({entry})), Contains("has no column '"));
  }
  CHECK_THROWS_WITH(parse(text, choose({"x", "2"})), Contains("column '2' is chosen twice"));
  CHECK_THROWS_WITH(parse(text, choose({}, {"1-"})), Contains("no column is left"));
  CHECK_THROWS_WITH(parse("a,a\n1,2\n", choose({"a"})), Contains("more than one column 'a'"));
  CHECK(parse("a,a\n1,2\n", choose({"2"})).rows == Rows{{2}});
}

TEST_CASE("what is wrong with a table is named by line and column", "[csv]") {
  struct Wrong {
    std::string text;
    const char* words;
  };
  for (const Wrong& wrong : {
           Wrong{"a,b\n1,2\n3\n", "line 3: has 1 field, expected 2 as in line 1"},
           Wrong{"1,2\n3,4,5\n", "line 2: has 3 fields, expected 2 as in line 1"},
           Wrong{"\"a\nb\",c\n1,2\n3\n", "line 4: has 1 field"},
           Wrong{"a,b\n1,\n", "line 2, column 2 ('b'): is empty"},
           Wrong{"a,b\n1, \n", "line 2, column 2 ('b'): is empty"},
           Wrong{"a,b\nNA,1\n", "line 2, column 1 ('a'): says 'NA': no value"},
           Wrong{"1,2\n1,?\n", "line 2, column 2: says '?': no value"},
           Wrong{"a,b\n1,red\n", "line 2, column 2 ('b'): 'red' is not a number"},
           Wrong{"1,2\n1,0x1p3\n", "'0x1p3' is not a number"},
           Wrong{"1,2\n1,1e\n", "'1e' is not a number"},
           Wrong{"1,2\n1,+-1\n", "'+-1' is not a number"},
           Wrong{"1,2\n1,--1\n", "'--1' is not a number"},
           Wrong{"1,2\n1,1 2\n", "'1 2' is not a number"},
           Wrong{"1,2\n1,2\x1b[31m\n", "'2\\x1b[31m' is not a number"},
           Wrong{"1;2\n1;2,5\n",
                 "'2,5' is not a number (write decimals with a point, or say decimal=comma)"},
           Wrong{"1,2\n1,1e999\n", "'1e999' is out of range"},
           Wrong{"1,2\n1,nan\n", "'nan' is not finite"},
           Wrong{"1,2\n-inf,1\n", "line 2, column 1: '-inf' is not finite"},
           Wrong{"1,2\n1,nan(abc)\n", "'nan(abc)' is not finite"},
           Wrong{"1,2\n\n3,4\n", "line 2: is empty, with more rows after it"},
           Wrong{"\n1,2\n3\n", "line 3: has 1 field, expected 2 as in line 2"},
           Wrong{"1,\"2\n3,4\n", "line 1: a quote is opened and never closed"},
           Wrong{"1,\"2\"x\n", "line 1, column 2: has text after a closing quote"},
           Wrong{"1,2\"3\"\n", "line 1, column 2: has a quote in the middle of a field"},
           Wrong{std::string("1,2\n3,\0\n", 8), "line 2: holds a zero byte"},
           Wrong{"", "is empty"},
           Wrong{"\xEF\xBB\xBF", "is empty"},
           Wrong{"\x1f\x8b\x08", "compressed with gzip; pipe it through zcat"},
           Wrong{"PK\x03\x04", "zip archive"},
       }) {
    CHECK_THROWS_WITH(parse(wrong.text), Contains("a.csv: ") && Contains(wrong.words));
    CHECK_THROWS_AS(parse(wrong.text), FileError);
  }
}

TEST_CASE("NaN and infinity are kept when asked, numbers out of range never", "[csv]") {
  ReadOptions options;
  options.non_finite = NonFinite::keep;
  CHECK(std::isnan(parse("1,nan\n", options).rows[0][1]));
  CHECK(parse("1,-inf\n", options).rows[0][1] == -HUGE_VAL);
  CHECK_THROWS_WITH(parse("1,1e999\n", options), Contains("out of range"));
  const Scratch scratch;
  const std::string path = scratch.write("a.csv", "1e300\n");
  CHECK_THROWS_WITH(read_all<float>(*open_rows(path, options)),
                    Contains("'1e300' is out of range"));
}

TEST_CASE("rows come in blocks and lines may be longer than any buffer", "[csv]") {
  const Scratch scratch;
  std::string text = "first";
  for (int j = 1; j < 30'000; ++j) text += ",c" + std::to_string(j);
  for (int i = 0; i < 3; ++i) {
    text += "\n" + std::to_string(i);
    for (int j = 1; j < 30'000; ++j) text += "," + std::to_string(i + j) + ".25";
  }
  const auto reader = open_rows(scratch.write("a.csv", text));
  CHECK(reader->cols() == 30'000);
  CHECK_FALSE(reader->rows().has_value());
  Matrix<double> block(2, 30'000);
  CHECK(reader->read(block.view()) == 2);
  CHECK(block(1, 29'999) == 30'000.25);
  CHECK(reader->read(block.view()) == 1);
  CHECK(block(0, 0) == 2);
  CHECK(reader->read(block.view()) == 0);
  CHECK_THROWS_WITH(parse(std::string(40 << 20, '1')), Contains("line 1: is longer than 32 MiB"));
}

TEST_CASE("a table cut at any byte is read up to there or refused", "[csv]") {
  const std::string whole =
      "\xEF\xBB\xBF"
      "a,\"b \"\"c\"\"\"\r\n1.5,\"2\"\r\n-3e1,4\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::size_t rows = 0;
    try {
      rows = parse(whole.substr(0, length)).rows.size();
    } catch (const FileError&) {
    }
    CHECK(rows <= 2);
  }
}

TEST_CASE("the locale has no say", "[csv]") {
  const char* const found = std::setlocale(LC_ALL, "de_DE.UTF-8");
  CHECK(parse("1.5,2.5\n").rows == Rows{{1.5, 2.5}});
  if (found == nullptr) WARN("de_DE.UTF-8 is not installed");
  std::setlocale(LC_ALL, "C");
}
