// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"
#include "estimator/mixture.hpp"
#include "features/row_law.hpp"
#include "projection/block_law.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// \file
/// What a spec's alternatives mean for the error of its estimate: each says so in its own files,
/// and everything in this layer follows.

namespace bochner::estimator {

RowLaw row_law(const FeatureFunction& features);
RowLaw row_law(const Kernel& kernel, const FeatureFunction& features);
BlockLaw block_law(const Projection& projection, Index input_dim);
/// Including the exact columns of the feature function.
BlockLaw block_law(const FeatureMapSpec& spec);
/// The fewest frequencies that the spec's other members allow.
Index least_frequencies(const FeatureMapSpec& spec);

/// Why the variance of this combination has no closed form here, or nothing when it has one.
std::optional<std::string> closed_form_gap(const Kernel& kernel, const Projection& projection);

}  // namespace bochner::estimator
