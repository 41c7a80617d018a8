// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/export.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bochner::io {

/// What the columns of a file are called. Those of svmlight are made when they are asked for, so
/// that a million of them take no room.
class BOCHNER_EXPORT ColumnNames {
 public:
  /// Columns that are known by number only.
  explicit ColumnNames(Index count = 0) : count_(count) {}
  /// An empty name does not count as one.
  explicit ColumnNames(std::vector<std::string> names);
  /// `label`, and then `x1`, `x2`, ..., or from `first_index` on.
  static ColumnNames of_svmlight(Index width, Index first_index);
  // The table of places looks into the names, which stay where they are when they are moved.
  ColumnNames(ColumnNames&&) noexcept = default;
  ColumnNames& operator=(ColumnNames&&) noexcept = default;
  ~ColumnNames() = default;

  Index count() const noexcept { return count_; }
  /// Whether the file names its columns.
  bool named() const noexcept { return !names_.empty() || generated_; }
  /// The name, empty where there is none.
  std::string name(Index column) const;
  /// The name, or the number counted from 1 where there is none.
  std::string name_or_number(Index column) const;

  static constexpr Index kNone = -1;
  static constexpr Index kSeveral = -2;
  /// The column of that name, or one of those two; in constant time.
  Index find(std::string_view name) const;

 private:
  Index count_;
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, Index> places_;  ///< views of `names_`
  bool generated_ = false;
  Index first_index_ = 1;
};

/// 7 for `x7`, the name of svmlight's index 7; nothing for what is no such name.
BOCHNER_EXPORT std::optional<Index> svmlight_index(std::string_view name);

}  // namespace bochner::io
