// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"

#include <optional>

/// \file
/// The map of a kernel where less than all of it was said.

namespace bochner::feature_map {

struct SuitableMap {
  FeatureFunction features;
  Projection projection;
};

/// What was given, completed by the first of what goes with it: trigonometric features as a rule,
/// otherwise the kernel's own, and orthogonal frequencies where they can be had. Throws
/// InvalidArgument, saying why the first choice does not go with the kernel, where none does.
SuitableMap suitable_map(const Kernel& kernel, const std::optional<FeatureFunction>& features,
                         const std::optional<Projection>& projection);

}  // namespace bochner::feature_map
