// SPDX-License-Identifier: Apache-2.0
#include "io/message.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <array>
#include <string>

namespace io = bochner::io;

TEST_CASE("text from a file cannot drive a terminal", "[message]") {
  CHECK(io::quoted("age") == "'age'");
  CHECK(io::quoted("") == "''");
  CHECK(io::quoted("h\xC3\xB6he \xE6\x97\xA5 \xF0\x9F\x98\x80") ==
        "'h\xC3\xB6he \xE6\x97\xA5 \xF0\x9F\x98\x80'");
  CHECK(io::quoted("\x1b[31m\r\n\x7f") == "'\\x1b[31m\\x0d\\x0a\\x7f'");
  CHECK(io::quoted("\xC2\x9B"
                   "2J") == "'\\xc2\\x9b2J'");
  CHECK(io::quoted("\xFF\xC3") == "'\\xff\\xc3'");
  CHECK(io::quoted("\xE6\x97") == "'\\xe6\\x97'");
  // Turned direction of writing, no character, too long a form, half of UTF-16.
  CHECK(io::quoted("\xE2\x80\xAE") == "'\\xe2\\x80\\xae'");
  CHECK(io::quoted("\xEF\xBF\xBE") == "'\\xef\\xbf\\xbe'");
  CHECK(io::quoted("\xE0\x80\x80") == "'\\xe0\\x80\\x80'");
  CHECK(io::quoted("\xED\xA0\x80") == "'\\xed\\xa0\\x80'");
  CHECK(io::quoted(std::string(41, 'x')) == "'" + std::string(40, 'x') + "...'");
  CHECK(io::quoted(std::string(40, 'x')) == "'" + std::string(40, 'x') + "'");
}

TEST_CASE("lines stay lines, and JSON the same document", "[message]") {
  CHECK(io::printable("a\nb\x1b") == "a\\x0ab\\x1b");
  CHECK(io::printable_lines("a\nb\x1b") == "a\nb\\x1b");
  CHECK(io::printable_json("[\n  \"a\x7f\xC2\x9B\xE2\x80\xAE\"\n]") ==
        "[\n  \"a\\u007f\\u009b\\u202e\"\n]");
}

TEST_CASE("a line of any length is written without memory of its own", "[message]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const std::string longest(3000, 'x');
  io::write_line(ends[1], {"bochner", ": ", longest, "\x1b"});
  ::close(ends[1]);
  std::string seen(4000, '\0');
  const ssize_t got = ::read(ends[0], seen.data(), seen.size());
  ::close(ends[0]);
  REQUIRE(got > 0);
  seen.resize(static_cast<std::size_t>(got));
  CHECK(seen == "bochner: " + longest + "\\x1b\n");
}

TEST_CASE("well-formed UTF-8 is recognised", "[message]") {
  for (const char* const good : {"", "a\n", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    CHECK(bochner::io::is_utf8(good));
  }
  // Cut, overlong, a half of UTF-16, beyond the last plane, a byte that begins nothing.
  for (const char* const bad :
       {"\xC3", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "\x80"}) {
    CHECK_FALSE(bochner::io::is_utf8(bad));
  }
}
