// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/features/features.hpp"
#include "kernel/power_series.hpp"
#include "kernel/product_layout.hpp"

#include "bochner/random/stream.hpp"

#include <memory>
#include <vector>

/// \file
/// How many factors each feature has where features are products.

namespace bochner {

/// Terms of the series that have columns of their own, and what is left for random ones.
struct ExactSplit {
  bool constant = false;
  bool linear = false;
  Index first_random = 0;  ///< the lowest degree that random columns may have

  Index columns(Index dim) const { return (constant ? 1 : 0) + (linear ? dim : 0); }
};
ExactSplit exact_split(const MaclaurinFeatures& features, const PowerSeries& series);

/// Throws InvalidArgument unless `num_frequencies` leaves a random column.
void check_size(const FeatureFunction& features, const PowerSeries& series, Index dim,
                Index num_frequencies);

/// Degrees of the columns; nothing for feature functions that multiply nothing.
std::shared_ptr<const ProductLayout> product_layout(const FeatureFunction& features,
                                                    const PowerSeries* series, Index dim,
                                                    Index num_frequencies, Seed seed);

}  // namespace bochner
