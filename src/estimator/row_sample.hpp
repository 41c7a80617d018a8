// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"

#include <cstdint>

/// \file
/// A sample of rows.

namespace bochner::estimator {

/// Up to `count` rows without replacement, in their order: row i stays when its random word is
/// among the smallest. Equal seeds and items sample alike.
Matrix<double> row_sample(MatrixView<const double> x, Index count, Seed seed, std::uint64_t item);

}  // namespace bochner::estimator
