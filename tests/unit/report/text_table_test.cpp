// SPDX-License-Identifier: Apache-2.0
#include "report/text_table.hpp"

#include <catch2/catch.hpp>

using namespace bochner::report;

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

TEST_CASE("cells of a table are printable", "[table]") {
  TextTable table({{"a\x1b"}, {"b", "g\n"}});
  table.add_row({"1", "\xC2\x9B"});
  CHECK(table.text() ==
        "        g\\x0a -\n"
        "a\\x1b         b\n"
        "    1  \\xc2\\x9b\n");
}
