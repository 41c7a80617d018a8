// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/features/features.hpp"

#include <variant>

/// \file
/// The parameters of feature functions that data may choose.

namespace bochner::feature_functions {

/// The parameter `a`; null where the feature function has none.
inline PerDirection* parameter_of(FeatureFunction& features) {
  return std::visit(
      [](auto& f) -> PerDirection* {
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
