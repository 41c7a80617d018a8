// SPDX-License-Identifier: Apache-2.0
#include "io/word_columns.hpp"

#include "io/resolve_columns.hpp"

#include <algorithm>
#include <cstddef>

namespace bochner::io {

WordColumns::WordColumns(const ReadOptions& options, const ColumnNames& names,
                         const std::string& file)
    : coded_(options.groups), groups_(options.groups.size(), ClassCodes({}, ClassCodes::kAny)) {
  if (options.classes) {
    class_column_ = options.classes->column;
    classes_ = ClassCodes(options.classes->known);
    if (!is_coded(class_column_)) coded_.push_back(class_column_);
  }
  if (options.text) text_places_ = resolve(*options.text, names, file);
}

bool WordColumns::is_coded(Index column) const noexcept {
  return std::find(coded_.begin(), coded_.end(), column) != coded_.end();
}

std::optional<Index> WordColumns::code(Index column, std::string_view field) {
  if (column == class_column_) return classes_.code(field);
  const auto place = std::find(coded_.begin(), coded_.end(), column) - coded_.begin();
  return groups_[static_cast<std::size_t>(place)].code(field);
}

void WordColumns::set_text(Index row, Index column, std::string_view field) {
  const std::size_t begin = static_cast<std::size_t>(row) * text_places_.size();
  if (cells_.size() <= begin) cells_.resize(begin + text_places_.size());
  cells_[begin + static_cast<std::size_t>(column)] = field;
}

std::string_view WordColumns::text(Index row, Index column) const {
  return cells_[static_cast<std::size_t>(row) * text_places_.size() +
                static_cast<std::size_t>(column)];
}

}  // namespace bochner::io
