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
/// The same block with independent radii.
BlockLaw without_pairs_of_radii(BlockLaw block);
/// The block law that closed forms are for: with one parameter per direction coupled rows have none
/// and count as independent, opposite pairs as they are. Throws InvalidArgument where not even that
/// is known.
BlockLaw closed_form_block(const FeatureMapSpec& spec);
/// Whether that law's error, or that of independent rows, is an upper estimate of the spec's.
bool is_upper_estimate(const FeatureMapSpec& spec);
/// The same for the error of outputs, which mix pairs: paired radii count as independent there.
bool is_upper_for_outputs(const FeatureMapSpec& spec);
/// The fewest frequencies that the spec's other members allow.
Index least_frequencies(const FeatureMapSpec& spec);

/// Why the variance of this combination has no closed form here, or nothing when it has one.
std::optional<std::string> closed_form_gap(const Kernel& kernel, const Projection& projection);

}  // namespace bochner::estimator
