// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"
#include "kernel/spectral_measure.hpp"

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
};

/// |w_j|^2 in the space the rows are drawn in (padded, for Hadamard blocks) and that space's
/// dimension: what a weight exp(a |w|^2) and its normaliser need.
struct FrequencyNorms {
  std::vector<double> squared;
  Index ambient_dim = 0;
};

}  // namespace bochner
