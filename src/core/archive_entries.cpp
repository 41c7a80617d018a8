// SPDX-License-Identifier: Apache-2.0
#include "core/archive_entries.hpp"

#include <algorithm>

namespace bochner {

void require_word(const Door& door, const Archive& archive, std::string_view key,
                  std::string_view expected) {
  const std::string& found = archive.word(key);
  if (found == expected) return;
  const auto quoted = [](std::string_view word) { return "'" + std::string(word) + "'"; };
  door.refuse(quoted(key), quoted(found), quoted(expected));
}

void require_kind(const Door& door, const Archive& archive, std::string_view kind) {
  const std::string& found = archive.word("kind");
  if (found != kind) door.refuse("the archive holds a '" + found + "'");
}

Matrix<double> row_matrix(std::span<const double> values) {
  Matrix<double> out(1, static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

std::vector<double> load_vector(const Archive& archive, std::string_view key, Index size) {
  const Matrix<double>& values = archive.array<double>(key, 1, size);
  return std::vector<double>(values.data(), values.data() + size);
}

}  // namespace bochner
