// SPDX-License-Identifier: Apache-2.0
#include "core/numbers.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace bochner;

TEST_CASE("numbers are written for people", "[numbers]") {
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
