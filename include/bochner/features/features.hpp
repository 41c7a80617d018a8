// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/features/alternatives.hpp>  // every feature function of this folder

#include <variant>

/// \file
/// The registry of feature functions.

namespace bochner {

/// Every way to turn projections w.x into features. The list of alternatives is the registry: a new
/// feature function is its own two files and one name here.
// clang-format off
struct FeatureFunction : std::variant<TrigonometricFeatures,
                                      CosineFeatures,
                                      PositiveFeatures,
                                      HyperbolicFeatures,
                                      OprfFeatures,
                                      HyperbolicOprfFeatures,
                                      RectifiedFeatures,
                                      MaclaurinFeatures,
                                      TensorSketchFeatures,
                                      IdentityFeatures> {
  using variant::variant;
};
// clang-format on

}  // namespace bochner
