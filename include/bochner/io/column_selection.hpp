// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/io/column_names.hpp>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bochner::io {

/// What an entry of a selection may be.
enum class Entry {
  /// A number counted from 1, a range of numbers `2-5`, `2-` or `-5`, or else the name of a column.
  /// A name that could be a number is written in quotes: `"2"`.
  number_or_name,
  /// A name, to the letter, even where it looks like a number; a number only in a file without
  /// names.
  name
};
constexpr std::array<std::string_view, 2> names_of(Entry) { return {"number-or-name", "name"}; }

/// Which columns of a file are wanted.
struct ColumnSelection {
  std::vector<std::string> keep{};  ///< in this order; empty: every column
  std::vector<std::string> drop{};  ///< then left out
  Entry entry = Entry::number_or_name;
  /// Columns counted from 0, chosen already: where there are any, `keep` and `drop` do not matter.
  std::vector<Index> places{};
  /// Where it is set it chooses, from what the columns of the named file are called, and nothing
  /// else matters.
  std::function<std::vector<Index>(const ColumnNames&, const std::string& file)> choose{};
};

}  // namespace bochner::io
