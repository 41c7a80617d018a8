// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/features/features.hpp"

#include <concepts>
#include <type_traits>
#include <variant>

/// \file
/// The parameters of feature functions that data may choose.

namespace bochner::feature_functions {

/// The parameter `a`; null where the feature function has none. Constant where `Features` is.
template <class Features>
requires std::same_as<std::remove_const_t<Features>, FeatureFunction>
auto parameter_of(Features& features) {
  using Parameter = std::conditional_t<std::is_const_v<Features>, const PerDirection, PerDirection>;
  return std::visit(
      [](auto& f) -> Parameter* {
        if constexpr (requires { f.a; }) {
          return &f.a;
        } else {
          return nullptr;
        }
      },
      features);
}

/// Where there is a radius: radius = choose(the kind of terms that are exact).
template <class Choose>
void choose_radius(FeatureFunction& features, const Choose& choose) {
  std::visit(
      [&](auto& f) {
        if constexpr (requires { f.radius; }) f.radius = choose(f.exact);
      },
      features);
}

}  // namespace bochner::feature_functions
