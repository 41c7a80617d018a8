// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "property/specs.hpp"

#include <variant>
#include <vector>

namespace bochner::reproducibility {

inline constexpr Index kDim = 20;
inline constexpr Index kFrequencies = 37;
inline constexpr Index kRows = 3;

/// The maps that are compared.
inline std::vector<FeatureMapSpec> specs() { return property::specs(kDim, kFrequencies); }

}  // namespace bochner::reproducibility
