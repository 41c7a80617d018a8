// SPDX-License-Identifier: Apache-2.0
#include "io/resolve_columns.hpp"

#include "bochner/core/error.hpp"
#include "io/row_reader.hpp"
#include "support/allocation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace bochner::io;
using bochner::FileError;
using bochner::Index;
using bochner::test::PeakAllocation;
using Catch::Matchers::Contains;

namespace {

template <class Work>
double seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<std::string> many_names(Index count) {
  std::vector<std::string> out;
  for (Index i = 0; i < count; ++i) out.push_back("column number " + std::to_string(i));
  return out;
}

}  // namespace

TEST_CASE("names are looked up in a table, not by scan", "[io][wide]") {
  // Quadratic work takes minutes at this size.
  const std::vector<std::string> names = many_names(200'000);
  const ColumnNames table{names};
  std::vector<std::string> backwards(names.rbegin(), names.rend());
  std::vector<Index> places;
  CHECK(seconds([&] { places = resolve({backwards, {}, Entry::name, {}}, table, "f"); }) < 5.0);
  REQUIRE(places.size() == names.size());
  CHECK(places.front() == 199'999);
  CHECK(places.back() == 0);
  backwards.pop_back();
  CHECK(seconds([&] { places = resolve({{}, backwards, Entry::name, {}}, table, "f"); }) < 5.0);
  CHECK(places == std::vector<Index>{0});
}

TEST_CASE("the names of svmlight are made when they are asked for", "[io][wide]") {
  const PeakAllocation held;
  const ColumnNames names = ColumnNames::of_svmlight(Index{1} << 30, 1);
  CHECK(names.find("label") == 0);
  CHECK(names.find("x1") == 1);
  CHECK(names.find("x1073741824") == Index{1} << 30);
  for (const char* none :
       {"x0", "x1073741825", "x", "x01", "y1", "x1 ", "x-1", "x1.0", "", "x99999999999999999999"}) {
    CHECK(names.find(none) == ColumnNames::kNone);
  }
  CHECK(names.name(1'000'000) == "x1000000");
  const ColumnNames from_zero = ColumnNames::of_svmlight(3, 0);
  CHECK(from_zero.find("x0") == 1);
  CHECK(from_zero.find("x3") == ColumnNames::kNone);
  CHECK(from_zero.name(3) == "x2");
  CHECK(held.bytes() < 10'000);
}

TEST_CASE("a name that two columns have is refused, by name", "[io]") {
  const ColumnNames names(std::vector<std::string>{"a", "b", "a", "", ""});
  CHECK_THROWS_WITH(resolve({{"a"}, {}}, names, "f"), Contains("more than one column 'a'"));
  CHECK(resolve({{"1", "3"}, {}}, names, "f") == std::vector<Index>{0, 2});
  CHECK(resolve({{}, {"3-"}}, names, "f") == std::vector<Index>{0, 1});
  CHECK_THROWS_WITH(resolve({{""}, {}}, names, "f"), Contains("has no column ''"));
  CHECK_THROWS_WITH(resolve({{"1"}, {}, Entry::name, {}}, names, "f"),
                    Contains("has no column '1'; it has 5 columns: 'a', 'b', 'a', '', ''"));
  CHECK(resolve({{"2"}, {}, Entry::name, {}}, ColumnNames(3), "f") == std::vector<Index>{1});
}

TEST_CASE("a block of rows has a size in bytes", "[io][wide]") {
  CHECK(rows_at_a_time(1) == 4096);
  CHECK(rows_at_a_time(32) == 4096);
  CHECK(rows_at_a_time(33) == 3971);
  CHECK(rows_at_a_time(131'072) == 1);
  CHECK(rows_at_a_time(Index{1} << 40) == 1);
  CHECK(rows_at_a_time(0) == 4096);
  for (Index columns = 1; columns < 200'000; columns += 997) {
    CHECK(rows_at_a_time(columns) * columns * 8 <= std::max<Index>(1 << 20, columns * 8));
  }
}
