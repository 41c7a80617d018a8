// SPDX-License-Identifier: Apache-2.0
#include "bochner/io/column_names.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

namespace bochner::io {

ColumnNames::ColumnNames(std::vector<std::string> names)
    : count_(static_cast<Index>(names.size())), names_(std::move(names)) {
  bool any = false;
  for (const std::string& name : names_) any = any || !name.empty();
  if (!any) names_.clear();
  places_.reserve(names_.size());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].empty()) continue;
    const auto [found, added] = places_.try_emplace(names_[i], static_cast<Index>(i));
    if (!added) found->second = kSeveral;
  }
}

ColumnNames ColumnNames::of_svmlight(Index width, Index first_index) {
  ColumnNames out(width + 1);
  out.generated_ = true;
  out.first_index_ = first_index;
  return out;
}

std::string ColumnNames::name(Index column) const {
  if (!generated_) return names_.empty() ? "" : names_[static_cast<std::size_t>(column)];
  return column == 0 ? "label" : "x" + std::to_string(column - 1 + first_index_);
}

std::string ColumnNames::name_or_number(Index column) const {
  std::string out = name(column);
  return out.empty() ? std::to_string(column + 1) : out;
}

Index ColumnNames::find(std::string_view name) const {
  if (!generated_) {
    const auto found = places_.find(name);
    return found == places_.end() ? kNone : found->second;
  }
  if (name == "label") return 0;
  const auto index = svmlight_index(name);
  if (!index || *index < first_index_ || *index - first_index_ >= count_ - 1) return kNone;
  return *index - first_index_ + 1;
}

std::optional<Index> svmlight_index(std::string_view name) {
  if (name.size() < 2 || name[0] != 'x' || (name[1] == '0' && name.size() > 2)) return std::nullopt;
  Index index = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + 1, end, index);
  if (error != std::errc{} || rest != end || index < 0) return std::nullopt;
  return index;
}

}  // namespace bochner::io
