// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/io/column_names.hpp"
#include "bochner/io/read_options.hpp"
#include "io/class_codes.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bochner::io {

/// The columns of a table that are words: classes and groups, read as numbers, and text that is
/// carried along.
class WordColumns {
 public:
  WordColumns() = default;
  /// Throws FileError for text columns that `names` does not have.
  WordColumns(const ReadOptions& options, const ColumnNames& names, const std::string& file);

  /// Columns among those chosen whose fields go through `code`.
  std::span<const Index> coded() const noexcept { return coded_; }
  bool is_coded(Index column) const noexcept;
  /// The number of a field of such a column; nothing for one class too many.
  std::optional<Index> code(Index column, std::string_view field);
  std::span<const std::string> classes() const noexcept { return classes_.names(); }

  std::span<const Index> text_places() const noexcept { return text_places_; }
  /// A new block begins: the text of the last one goes.
  void begin_block() { cells_.clear(); }
  void set_text(Index row, Index column, std::string_view field);
  std::string_view text(Index row, Index column) const;

 private:
  std::vector<Index> coded_;
  Index class_column_ = -1;
  ClassCodes classes_;
  std::vector<ClassCodes> groups_;  ///< one for each group, in the order of `coded_`
  std::vector<Index> text_places_;
  std::vector<std::string> cells_;
};

}  // namespace bochner::io
