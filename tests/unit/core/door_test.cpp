// SPDX-License-Identifier: Apache-2.0
#include "core/door.hpp"

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <utility>
#include <vector>

using bochner::Door;
using bochner::Index;
using bochner::Matrix;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// What a check says, "" where it lets pass.
template <class Check>
std::string said(const Check& check) {
  try {
    check(Door("f"));
  } catch (const bochner::InvalidArgument& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A door refuses numbers outside their range, in one form of words", "[door]") {
  CHECK(said([](const Door& d) { d.at_least("n", 1, 2); }) == "f: n is 1, expected at least 2");
  CHECK(said([](const Door& d) { d.at_least("n", 2, 2); }).empty());
  CHECK(said([](const Door& d) { d.between("order", Index{5}, 1, 4); }) ==
        "f: order is 5, expected 1 to 4");
  CHECK(said([](const Door& d) { d.between("order", Index{0}, 1, 4); }) ==
        "f: order is 0, expected 1 to 4");
  CHECK(said([](const Door& d) {
          d.between("order", Index{1}, 1, 4).between("o", Index{4}, 1, 4);
        }).empty());
  CHECK(said([](const Door& d) { d.row("i", 3, 3); }) == "f: i is 3, expected a row in [0, 3)");
  CHECK(said([](const Door& d) { d.row("i", -1, 3); }) == "f: i is -1, expected a row in [0, 3)");
  CHECK(said([](const Door& d) { d.row("i", 2, 3).row("i", 0, 1); }).empty());

  for (const double bad : {kNan, kInfinity, -kInfinity}) {
    CHECK_FALSE(said([&](const Door& d) { d.finite("x", bad); }).empty());
    CHECK_FALSE(said([&](const Door& d) { d.positive("x", bad); }).empty());
    CHECK_FALSE(said([&](const Door& d) { d.not_negative("x", bad); }).empty());
    CHECK_FALSE(said([&](const Door& d) { d.fraction("x", bad); }).empty());
    CHECK_FALSE(said([&](const Door& d) { d.between("x", bad, 0.0, 9.0, "0 to 9"); }).empty());
  }
  CHECK(said([](const Door& d) { d.positive("x", 0.0); }) ==
        "f: x is 0, expected a finite number above 0");
  CHECK(said([](const Door& d) { d.not_negative("x", 0.0).positive("x", 1e-300); }).empty());
  CHECK(said([](const Door& d) { d.not_negative("x", -0.5); }) ==
        "f: x is -0.5, expected a finite number, not negative");
  CHECK(said([](const Door& d) { d.fraction("level", 1.0); }) ==
        "f: level is 1, expected a number between 0 and 1");
  CHECK(said([](const Door& d) { d.fraction("level", 0.5); }).empty());
  CHECK(said([](const Door& d) { d.between("nu", 0.25, 0.5, 9.0, "a number from 0.5 to 9"); }) ==
        "f: nu is 0.25, expected a number from 0.5 to 9");
  CHECK(
      said([](const Door& d) { d.between("nu", 0.5, 0.5, 9.0, "").finite("x", -1e300); }).empty());
}

TEST_CASE("A door refuses shapes, and a free extent stands as a letter", "[door]") {
  const Matrix<float> x(3, 4);
  const auto view = x.view();
  CHECK(said([&](const Door& d) { d.columns("x", view, 5, "the map's input_dim"); }) ==
        "f: x is 3 x 4, expected n x 5 (the map's input_dim)");
  CHECK(said([&](const Door& d) { d.rows("y", view, 2, "those of x"); }) ==
        "f: y is 3 x 4, expected 2 x m (those of x)");
  CHECK(said([&](const Door& d) { d.shape("out", view, 4, 3, "columns x rows"); }) ==
        "f: out is 3 x 4, expected 4 x 3 (columns x rows)");
  CHECK(said([&](const Door& d) {
          d.columns("x", view, 4, "").rows("x", view, 3, "").shape("x", view, 3, 4, "");
        }).empty());
  CHECK(said([](const Door& d) { d.entries("w", 2, 3, "one per row of x"); }) ==
        "f: w has 2 entries, expected 3 (one per row of x)");
  CHECK(said([](const Door& d) {
          d.shape("q", {1, 2, 3, 4}, {1, 2, 3, 5});
        }) == "f: q is 1 x 2 x 3 x 4, expected 1 x 2 x 3 x 5");
  CHECK(said([](const Door& d) { d.shape("q", {1, 2, 3, 4}, {1, 2, 3, 4}); }).empty());
}

TEST_CASE("A door names the first entry that is not finite", "[door]") {
  Matrix<float> x(3, 2);
  const auto check = [&](const Door& d) { d.finite("x", std::as_const(x).view()); };
  CHECK(said(check).empty());
  x(2, 0) = std::numeric_limits<float>::infinity();
  x(1, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK(said(check) == "f: x: row 1, column 1 is nan, expected a finite number");
  const std::vector<double> centre = {0.0, -kInfinity};
  CHECK(said([&](const Door& d) { d.finite("centre", centre); }) ==
        "f: centre[1] is -inf, expected a finite number");
}

TEST_CASE("A door refuses an output that lies on an input", "[door]") {
  Matrix<double> x(4, 4);
  const auto upper = bochner::memory_grid(x.view().middle_rows(0, 2));
  const auto lower = bochner::memory_grid(x.view().middle_rows(2, 2));
  CHECK(said([&](const Door& d) { d.apart("out", upper, "x", lower); }).empty());
  CHECK(said([&](const Door& d) { d.apart("out", upper, "x", bochner::memory_grid(x.view())); }) ==
        "f: out overlaps x");
}
