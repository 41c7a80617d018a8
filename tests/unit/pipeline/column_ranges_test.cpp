// SPDX-License-Identifier: Apache-2.0
#include "pipeline/column_ranges.hpp"

#include <catch2/catch.hpp>

#include <numeric>
#include <string>
#include <vector>

using bochner::Index;
using bochner::pipeline::parse_ranges;
using bochner::pipeline::to_ranges;

TEST_CASE("columns side by side are a range, others numbers", "[fit][columns]") {
  const std::vector<std::pair<std::vector<Index>, std::string>> all = {
      {{0}, "1"},           {{1, 2, 0}, "2-3,1"},          {{4, 3, 2}, "5,4,3"},
      {{0, 2, 4}, "1,3,5"}, {{7, 8, 9, 1, 2}, "8-10,2-3"}, {{5, 5}, "6,6"}};
  for (const auto& [places, text] : all) {
    CHECK(to_ranges(places) == text);
    CHECK(parse_ranges(text, places.size()) == places);
  }
  std::vector<Index> many(100000);
  std::iota(many.begin(), many.end(), Index{1});
  CHECK(to_ranges(many) == "2-100001");
  CHECK(parse_ranges("2-100001", many.size()) == many);
}

TEST_CASE("what is no list of so many columns is none, however many it claims",
          "[fit][columns][bad]") {
  for (const char* text : {"",
                           ",",
                           "1",
                           "1,2,3",
                           "1,2,",
                           ",1,2",
                           "0,1",
                           "-1,2",
                           "1-",
                           "1-2-3",
                           "2-1,1",
                           "1-3",
                           "1-1099511627776",
                           "1,2-1099511627776",
                           "1,1099511627777",
                           "1,99999999999999999999",
                           "1, 2",
                           "1,2 ",
                           "+1,2",
                           "[1,2]",
                           "1-0,1",
                           "a,b"}) {
    INFO(text);
    CHECK(!parse_ranges(text, 2));
  }
}
