// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "core/overlap.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>

/// \file
/// The checks of a public call, and the words of its refusals.

namespace bochner {

/// The door of one public function: every check throws InvalidArgument, "function: argument is ...,
/// expected ...", and returns the door, so that checks follow one another. `meaning` says in
/// brackets where an expected number comes from ("the map's input_dim").
///
///     Door("variance").columns("x", x, dim, "the spec's input_dim").finite("x", x);
///
/// `function` must outlive the door.
class Door {
 public:
  explicit constexpr Door(std::string_view function) noexcept : function_(function) {}

  /// "function: what"
  std::string message(std::string_view what) const;
  /// Throws that.
  [[noreturn]] void refuse(std::string_view what) const;
  /// "function: argument is IS, expected EXPECTED"
  [[noreturn]] void refuse(std::string_view argument, std::string_view is,
                           std::string_view expected) const;

  // numbers

  const Door& at_least(std::string_view argument, Index value, Index least) const;
  /// low <= value <= high
  const Door& between(std::string_view argument, Index value, Index low, Index high) const;
  /// A row in [0, size).
  const Door& row(std::string_view argument, Index value, Index size) const;
  const Door& finite(std::string_view argument, double value) const;
  /// Finite and above 0.
  const Door& positive(std::string_view argument, double value) const;
  /// Finite and at least 0.
  const Door& not_negative(std::string_view argument, double value) const;
  /// 0 < value < 1
  const Door& fraction(std::string_view argument, double value) const;
  /// low <= value <= high; `expected` says so in words.
  const Door& between(std::string_view argument, double value, double low, double high,
                      std::string_view expected) const;

  // sizes

  /// A list: "argument has COUNT entries, expected EXPECTED (meaning)".
  const Door& entries(std::string_view argument, Index count, Index expected,
                      std::string_view meaning) const;
  template <class T>
  const Door& rows(std::string_view argument, const MatrixView<T>& x, Index expected,
                   std::string_view meaning) const {
    if (x.rows != expected) refuse_shape(argument, x.rows, x.cols, expected, kAny, meaning);
    return *this;
  }
  template <class T>
  const Door& columns(std::string_view argument, const MatrixView<T>& x, Index expected,
                      std::string_view meaning) const {
    if (x.cols != expected) refuse_shape(argument, x.rows, x.cols, kAny, expected, meaning);
    return *this;
  }
  template <class T>
  const Door& shape(std::string_view argument, const MatrixView<T>& x, Index rows, Index cols,
                    std::string_view meaning) const {
    if (x.rows != rows || x.cols != cols) {
      refuse_shape(argument, x.rows, x.cols, rows, cols, meaning);
    }
    return *this;
  }
  const Door& shape(std::string_view argument, const std::array<Index, 4>& extents,
                    const std::array<Index, 4>& expected) const;

  // contents

  /// Every entry; names the first that is not: "argument: row i, column j is nan, ...".
  template <Scalar T>
  const Door& finite(std::string_view argument, MatrixView<const T> x) const;
  /// Every entry: "argument[i] is nan, ...".
  const Door& finite(std::string_view argument, std::span<const double> values) const;

  // memory

  /// Whatever is written shares no byte with `other`.
  const Door& apart(std::string_view argument, const MemoryGrid& grid, std::string_view other_name,
                    const MemoryGrid& other) const;

 private:
  static constexpr Index kAny = -1;
  [[noreturn]] void refuse_shape(std::string_view argument, Index rows, Index cols,
                                 Index expected_rows, Index expected_cols,
                                 std::string_view meaning) const;

  std::string_view function_;
};

/// "2 x 8 x 100 x 64"
std::string to_text(const std::array<Index, 4>& extents);

}  // namespace bochner
