// SPDX-License-Identifier: Apache-2.0
#include "io/decimal.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <string>

using namespace bochner::io;

TEST_CASE("a number too small for a double is 0, one too large is none", "[io]") {
  const std::string zeros(400, '0');
  for (const std::string& text :
       {std::string("1e-400"), "0." + zeros + "1", "123" + zeros + "e-900", std::string("2e-324"),
        std::string("1e-99999999999999999999"), "0.0000" + zeros + "9e+3", std::string("+1E-500"),
        std::string("9.99e-9223372036854775807")}) {
    INFO(text);
    double value = 7.0;
    CHECK(parse_decimal(text, value) == Parsed::number);
    CHECK(value == 0.0);
    CHECK_FALSE(std::signbit(value));
    CHECK(parse_decimal("-" + text.substr(text[0] == '+' ? 1 : 0), value) == Parsed::number);
    CHECK((value == 0.0 && std::signbit(value)));
  }
  for (const std::string& text :
       {std::string("1e400"), "1" + zeros, "0." + zeros + "1e900", std::string("-2e308"),
        std::string("1e99999999999999999999"), std::string("1e+9223372036854775807")}) {
    INFO(text);
    double value = 7.0;
    CHECK(parse_decimal(text, value) == Parsed::out_of_range);
  }
  // What is not normal is what the C library makes of it.
  for (const char* text : {"1e-310", "4.9e-324", "2.2250738585072014e-308", "0.0e400"}) {
    double value = 7.0;
    CHECK(parse_decimal(text, value) == Parsed::number);
    CHECK(value == std::strtod(text, nullptr));
  }
}
