// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/gram_error.hpp"
#include "core/door.hpp"

/// \file
/// The error of a whole Gram matrix where features are products of projections.

namespace bochner::estimator {

/// As `gram_error_curve`; y null for the Gram matrix of x.
template <Scalar T>
GramErrorCurve product_error_curve(const Door& door, const FeatureMapSpec& spec,
                                   MatrixView<const T> x, const MatrixView<const T>* y,
                                   const Execution& execution);

}  // namespace bochner::estimator
