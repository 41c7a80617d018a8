// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "bochner/random/stream.hpp"

#include <span>

/// \file
/// Spectral measures that are not isotropic: their frequencies come whole, not as a direction and a
/// radius.

namespace bochner {

/// The law of a frequency as a map of uniform numbers, which may be pseudo-random or points of a
/// sequence.
class WholeMeasure {
 public:
  WholeMeasure() = default;
  WholeMeasure(const WholeMeasure&) = delete;
  WholeMeasure& operator=(const WholeMeasure&) = delete;
  virtual ~WholeMeasure() = default;

  /// How many uniform numbers a frequency of `dim` coordinates is made of.
  virtual Index num_uniforms(Index dim) const = 0;

  /// Frequency `row` from num_uniforms(out.size()) independent numbers, uniform on (0, 1). What
  /// needs more randomness than these takes it from the streams of `seed` for scales.
  virtual void frequency(const double* u, Seed seed, Index row, std::span<double> out) const = 0;
};

}  // namespace bochner
