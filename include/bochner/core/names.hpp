// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

/// \file
/// The names of enumerators, as text forms, command lines and reports have them: those in C++ with
/// hyphens for underscores, by a function `names_of(E)` beside each enumeration. A value
/// below the last that is no enumerator has an empty name.

namespace bochner {

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E value) {
  { names_of(value)[0] } -> std::convertible_to<std::string_view>;
};

/// "conjugate-gradients" for `Solver::conjugate_gradients`; empty for a value that is no
/// enumerator.
template <NamedEnum E>
constexpr std::string_view name_of(E value) {
  const auto names = names_of(value);
  const auto at = static_cast<std::size_t>(value);
  return at < names.size() ? names[at] : std::string_view();
}

/// The enumerator of that name, or nothing.
template <NamedEnum E>
constexpr std::optional<E> enumerator_of(std::string_view name) {
  const auto names = names_of(E{});
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!name.empty() && names[i] == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace bochner
