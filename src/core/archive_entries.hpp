// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/core/names.hpp"
#include "core/door.hpp"

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Words, vectors and enumerators in an archive.

namespace bochner {

/// The word for a scalar.
template <Scalar T>
inline constexpr std::string_view kScalarName = std::same_as<T, float> ? "float" : "double";

/// Throws InvalidArgument, "'key' is 'WORD', expected 'EXPECTED'", unless that is the word.
void require_word(const Door& door, const Archive& archive, std::string_view key,
                  std::string_view expected);

/// Throws InvalidArgument unless the archive is of this kind.
void require_kind(const Door& door, const Archive& archive, std::string_view kind);

/// 1 x n, as an archive holds a vector.
Matrix<double> row_matrix(std::span<const double> values);

/// The 1 x `size` array under `key`.
std::vector<double> load_vector(const Archive& archive, std::string_view key, Index size);

/// The enumerator named under `key`. Throws InvalidArgument when the word names none.
template <NamedEnum E>
E load_enumerator(const Door& door, const Archive& archive, std::string_view key) {
  const std::string& word = archive.word(key);
  if (const auto value = enumerator_of<E>(word)) return *value;
  std::string expected;
  for (const std::string_view name : names_of(E{})) {
    (expected += expected.empty() ? "" : " or ") += name;
  }
  door.refuse("'" + std::string(key) + "'", "'" + word + "'", expected);
}

}  // namespace bochner
