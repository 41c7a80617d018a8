// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"
#include "kernel/product_layout.hpp"
#include "kernel/spectral_measure.hpp"

#include <memory>
#include <vector>

/// \file
/// What projections and feature functions share: how many frequencies, of what law.

namespace bochner {

/// What a draw of frequencies needs to know.
struct FrequencyLaw {
  Index dim = 0;  ///< of transformed inputs
  Index num_frequencies = 0;
  SpectralMeasure spectrum;
  Seed seed;
  /// Set where features are products of projections; says which.
  std::shared_ptr<const ProductLayout> products{};
  /// One per frequency where the caller gives them; empty: drawn.
  std::vector<double> phases{};
  /// Likewise: what each frequency counts in place of 1 / num_frequencies.
  std::vector<double> weights{};

  /// Coordinates that projections see.
  Index projected_dim() const {
    return products && products->last_coordinate > 0.0 ? dim + 1 : dim;
  }
  /// Rows that are drawn.
  Index num_projections() const { return products ? products->num_projections() : num_frequencies; }
};

/// |w_j|^2 in the space the rows are drawn in (padded, for Hadamard blocks) and that space's
/// dimension: what a weight exp(a |w|^2) and its normaliser need.
struct FrequencyNorms {
  std::vector<double> squared;
  Index ambient_dim = 0;
};

}  // namespace bochner
