// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"
#include "bochner/core/error.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("text ends where it ends, not at a zero byte", "[text][bad]") {
  const std::string value("a(b=1)\0 and more", 16);
  CHECK_THROWS_WITH(text::parse_value(value), Contains("unexpected text after the value"));
  const std::string members("a=1 \0 b=2", 9);
  CHECK_THROWS_WITH(text::parse_members(members), Contains("expected a name or a number"));
  CHECK_THROWS_WITH(text::parse_members("a=b("), Contains("expected a name or a number"));
  CHECK_THROWS_WITH(text::parse_members("a=b(c=1"), Contains("got the end"));
}

TEST_CASE("a member given twice is found, however many there are", "[text][bad]") {
  CHECK_THROWS_WITH(text::parse_members("a=1 b=2 a=3"),
                    Contains("at character 11: 'a' is given twice"));
  CHECK_THROWS_WITH(text::parse_value("k(a=1, b=2, b=3)"), Contains("'b' is given twice"));
  std::string many;
  for (int i = 0; i < 100000; ++i) many += "a" + std::to_string(i) + "=1 ";
  const auto start = std::chrono::steady_clock::now();
  CHECK(text::parse_members(many).members.size() == 100000);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  CHECK(seconds.count() < 20.0);  // 5e9 comparisons took minutes
  CHECK_THROWS_WITH(text::parse_members(many + "a7=1"), Contains("'a7' is given twice"));
}
