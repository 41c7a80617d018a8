// SPDX-License-Identifier: Apache-2.0
#include "interface/cli/text_table.hpp"

#include "interface/cli/numbers.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace bochner::cli;

TEST_CASE("columns are aligned under their headings and groups", "[table]") {
  TextTable table({{"m"}, {"a", "iid"}, {"bb", "iid"}, {"a", "a long group"}, {"\xC3\xA4"}});
  table.add_row({"16", "1", "2", "3", "4"});
  table.add_row({"4096", "0.5", "\xC2\xB5s", "1", "10"});
  CHECK(table.text() ==
        "      - iid -   a long group\n"
        "   m    a  bb               a   \xC3\xA4\n"
        "  16    1   2               3   4\n"
        "4096  0.5  \xC2\xB5s               1  10\n");
  CHECK(TextTable({{"x"}, {"y"}}).text() == "x  y\n");
}

TEST_CASE("numbers are written for people", "[table]") {
  CHECK(significant(0.12345, 4) == "0.1235");
  CHECK(significant(0.012, 4) == "0.01200");
  CHECK(significant(0.99996, 4) == "1.000");
  CHECK(significant(12345.6, 4) == "12346");
  CHECK(significant(1.5e-7, 2) == "1.5e-07");
  CHECK(significant(0.0, 3) == "0.00");
  CHECK(significant(-2.0, 2) == "-2.0");
  CHECK(significant(std::numeric_limits<double>::infinity(), 3) == "inf");
  CHECK(significant(std::numeric_limits<double>::quiet_NaN(), 3) == "nan");
  CHECK(duration(0.0123) == "12.3 ms");
  CHECK(duration(4.0) == "4.00 s");
  CHECK(duration(2e-5) == "20.0 us");
  CHECK(duration(0.0) == "0 s");
  CHECK(shortest(0.1) == "0.1");
}

TEST_CASE("cells of a table are printable", "[table]") {
  TextTable table({{"a\x1b"}, {"b", "g\n"}});
  table.add_row({"1", "\xC2\x9B"});
  CHECK(table.text() ==
        "        g\\x0a -\n"
        "a\\x1b         b\n"
        "    1  \\xc2\\x9b\n");
}
