// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/gram/approximation.hpp"
#include "client/gram/feature_source.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// Centred features, and features as plain numbers.

namespace bochner::gram {

/// The mean of the features over all rows, D numbers. Throws InvalidArgument when one
/// overflows.
template <Scalar T>
std::vector<double> mean_features(const Door& door, const FeatureSource<T>& source);

/// H K^ H: the rows less their mean. Throws likewise.
template <Scalar T>
GramApproximation<T> centred_rows(const Door& door, const GramApproximation<T>& rows);

/// H Phi, n x D, in double: features with their exponents multiplied in, less their mean. Throws
/// likewise.
template <Scalar T>
Matrix<double> centred_features(const Door& door, const FeatureSource<T>& source);

}  // namespace bochner::gram
