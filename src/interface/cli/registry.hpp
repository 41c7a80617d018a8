// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>

/// \file
/// What there is to choose from, read off the variants.

namespace bochner::cli {

template <class... A>
constexpr std::array<std::string_view, sizeof...(A)> list_names(const std::variant<A...>*) {
  return {A::name...};
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
