// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// \file
/// What there is to choose from, read off the variants.

namespace bochner::cli {

template <class... A>
constexpr std::array<std::string_view, sizeof...(A)> list_names(const std::variant<A...>*) {
  return {A::name...};
}

template <class... A>
std::vector<std::variant<A...>> list_defaults(const std::variant<A...>*) {
  return {std::variant<A...>(A{})...};
}

/// Every alternative with its default options.
template <class Variant>
std::vector<Variant> all_of() {
  return list_defaults(static_cast<const Variant*>(nullptr));
}

/// "gaussian, softmax"
template <class Variant>
std::string names_of() {
  std::string out;
  for (const std::string_view name : list_names(static_cast<const Variant*>(nullptr))) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

}  // namespace bochner::cli
