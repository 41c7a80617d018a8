// SPDX-License-Identifier: Apache-2.0
#include "core/door.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"

#include <cmath>
#include <cstddef>
#include <initializer_list>

namespace bochner {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

}  // namespace

std::string Door::message(std::string_view what) const { return joined({function_, ": ", what}); }

void Door::refuse(std::string_view what) const { throw InvalidArgument(message(what)); }

void Door::refuse(std::string_view argument, std::string_view is, std::string_view expected) const {
  throw InvalidArgument(joined({function_, ": ", argument, " is ", is, ", expected ", expected}));
}

const Door& Door::at_least(std::string_view argument, Index value, Index least) const {
  if (value < least) {
    refuse(argument, std::to_string(value), "at least " + std::to_string(least));
  }
  return *this;
}

const Door& Door::between(std::string_view argument, Index value, Index low, Index high) const {
  if (value < low || value > high) {
    refuse(argument, std::to_string(value), std::to_string(low) + " to " + std::to_string(high));
  }
  return *this;
}

const Door& Door::row(std::string_view argument, Index value, Index size) const {
  if (value < 0 || value >= size) {
    refuse(argument, std::to_string(value), "a row in [0, " + std::to_string(size) + ")");
  }
  return *this;
}

const Door& Door::finite(std::string_view argument, double value) const {
  if (!std::isfinite(value)) refuse(argument, text::number(value), "a finite number");
  return *this;
}

const Door& Door::positive(std::string_view argument, double value) const {
  if (!(value > 0.0) || !std::isfinite(value)) {
    refuse(argument, text::number(value), "a finite number above 0");
  }
  return *this;
}

const Door& Door::not_negative(std::string_view argument, double value) const {
  if (!(value >= 0.0) || !std::isfinite(value)) {
    refuse(argument, text::number(value), "a finite number, not negative");
  }
  return *this;
}

const Door& Door::fraction(std::string_view argument, double value) const {
  if (!(value > 0.0 && value < 1.0)) {
    refuse(argument, text::number(value), "a number between 0 and 1");
  }
  return *this;
}

const Door& Door::between(std::string_view argument, double value, double low, double high,
                          std::string_view expected) const {
  if (!(value >= low && value <= high)) refuse(argument, text::number(value), expected);
  return *this;
}

const Door& Door::entries(std::string_view argument, Index count, Index expected,
                          std::string_view meaning) const {
  if (count == expected) return *this;
  refuse(joined({argument, " has ", std::to_string(count), " entries, expected ",
                 std::to_string(expected), " (", meaning, ")"}));
}

void Door::refuse_shape(std::string_view argument, Index rows, Index cols, Index expected_rows,
                        Index expected_cols, std::string_view meaning) const {
  // A dimension that is free stands as a letter: "n x 8", "100 x m".
  refuse(argument, std::to_string(rows) + " x " + std::to_string(cols),
         joined({expected_rows == kAny ? "n" : std::to_string(expected_rows), " x ",
                 expected_cols == kAny ? "m" : std::to_string(expected_cols), " (", meaning, ")"}));
}

const Door& Door::shape(std::string_view argument, const std::array<Index, 4>& extents,
                        const std::array<Index, 4>& expected) const {
  if (extents != expected) refuse(argument, to_text(extents), to_text(expected));
  return *this;
}

template <Scalar T>
const Door& Door::finite(std::string_view argument, MatrixView<const T> x) const {
  for (Index i = 0; i < x.rows; ++i) {
    for (Index j = 0; j < x.cols; ++j) {
      if (std::isfinite(x(i, j))) continue;
      refuse(joined({argument, ": row ", std::to_string(i), ", column ", std::to_string(j)}),
             text::number(static_cast<double>(x(i, j))), "a finite number");
    }
  }
  return *this;
}

const Door& Door::finite(std::string_view argument, std::span<const double> values) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    refuse(joined({argument, "[", std::to_string(i), "]"}), text::number(values[i]),
           "a finite number");
  }
  return *this;
}

const Door& Door::apart(std::string_view argument, const MemoryGrid& grid,
                        std::string_view other_name, const MemoryGrid& other) const {
  if (overlap(grid, other)) refuse(joined({argument, " overlaps ", other_name}));
  return *this;
}

std::string to_text(const std::array<Index, 4>& extents) {
  std::string out;
  for (const Index extent : extents) out += (out.empty() ? "" : " x ") + std::to_string(extent);
  return out;
}

template const Door& Door::finite<float>(std::string_view, MatrixView<const float>) const;
template const Door& Door::finite<double>(std::string_view, MatrixView<const double>) const;

}  // namespace bochner
