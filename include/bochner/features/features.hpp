// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/features/cosine.hpp>
#include <bochner/features/hyperbolic.hpp>
#include <bochner/features/hyperbolic_oprf.hpp>
#include <bochner/features/maclaurin.hpp>
#include <bochner/features/oprf.hpp>
#include <bochner/features/positive.hpp>
#include <bochner/features/rectified.hpp>
#include <bochner/features/tensor_sketch.hpp>
#include <bochner/features/trigonometric.hpp>

#include <variant>

/// \file
/// The registry of feature functions.

namespace bochner {

/// Every way to turn projections w.x into features. The list of alternatives is the registry.
using FeatureFunction = std::variant<TrigonometricFeatures, CosineFeatures, PositiveFeatures,
                                     HyperbolicFeatures, OprfFeatures, HyperbolicOprfFeatures,
                                     RectifiedFeatures, MaclaurinFeatures, TensorSketchFeatures>;

}  // namespace bochner
