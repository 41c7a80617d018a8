// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// \file
/// Registries: structs derived from a variant, whose list of alternatives is what there is to
/// choose from.

namespace bochner {

/// The variant that a registry is, or is derived from.
template <class... A>
constexpr std::type_identity<std::variant<A...>> variant_of(const std::variant<A...>* /*type*/) {
  return {};
}

/// A variant or a struct derived from one.
template <class R>
concept Registry = requires(const R* registry) {
  variant_of(registry);
};

template <Registry R>
using VariantOf = typename decltype(variant_of(static_cast<const R*>(nullptr)))::type;

template <Registry R>
inline constexpr std::size_t kNumAlternatives = std::variant_size_v<VariantOf<R>>;

/// Each alternative, in order, with its default options.
template <Registry R>
std::vector<R> all_alternatives() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::vector<R>{R(std::in_place_index<I>)...};
  }
  (std::make_index_sequence<kNumAlternatives<R>>{});
}

/// The names of the alternatives, in order.
template <Registry R>
constexpr std::array<std::string_view, kNumAlternatives<R>> alternative_names() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<std::string_view, sizeof...(I)>{
        std::variant_alternative_t<I, VariantOf<R>>::name...};
  }
  (std::make_index_sequence<kNumAlternatives<R>>{});
}

}  // namespace bochner
