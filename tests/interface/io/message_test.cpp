// SPDX-License-Identifier: Apache-2.0
#include "interface/io/message.hpp"

#include <catch2/catch.hpp>

using bochner::io::quoted;

TEST_CASE("text from a file cannot drive a terminal", "[message]") {
  CHECK(quoted("age") == "'age'");
  CHECK(quoted("") == "''");
  CHECK(quoted("h\xC3\xB6he \xE6\x97\xA5 \xF0\x9F\x98\x80") ==
        "'h\xC3\xB6he \xE6\x97\xA5 \xF0\x9F\x98\x80'");
  CHECK(quoted("\x1b[31m\r\n\x7f") == "'\\x1b[31m\\x0d\\x0a\\x7f'");
  CHECK(quoted("\xC2\x9B"
               "2J") == "'\\xc2\\x9b2J'");
  CHECK(quoted("\xFF\xC3") == "'\\xff\\xc3'");
  CHECK(quoted("\xE6\x97") == "'\\xe6\\x97'");
  CHECK(quoted(std::string(41, 'x')) == "'" + std::string(40, 'x') + "...'");
  CHECK(quoted(std::string(40, 'x')) == "'" + std::string(40, 'x') + "'");
}
