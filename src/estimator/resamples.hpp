// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/estimator/feature_error.hpp"
#include "core/door.hpp"
#include "estimator/frequency_groups.hpp"

#include <span>
#include <vector>

/// \file
/// Weights of frequencies that imitate other draws, and what results under them say.

namespace bochner::estimator {

class Resamples {
 public:
  /// Throws InvalidArgument as `feature_error`.
  Resamples(const Door& door, const FeatureMapSpec& spec, const FeatureErrorOptions& options);

  Index count() const noexcept { return count_; }
  /// One per frequency, of mean 1.
  std::vector<double> weights(Index replicate) const;
  Index num_frequencies() const noexcept { return num_frequencies_; }
  Index block_size() const noexcept { return block_size_; }
  Index blocks() const noexcept { return blocks_; }
  Resampling resampling() const noexcept { return resampling_; }
  double degrees_of_freedom() const noexcept { return degrees_of_freedom_; }

  struct Error {
    double variance = 0.0;
    double bias = 0.0;
  };
  /// Of a result, from what it is and what it is under every set of weights.
  Error error(double value, std::span<const double> replicates) const;

 private:
  std::vector<double> without(const FrequencyGroup& group) const;
  std::vector<double> drawn(Index replicate) const;

  Index num_frequencies_;
  Index block_size_ = 0;
  Index blocks_ = 0;
  Resampling resampling_;
  double degrees_of_freedom_ = 0.0;
  std::vector<FrequencyGroup> groups_;  ///< that the jackknife leaves out, or the bootstrap draws
  Index count_ = 0;
  Seed seed_;
};

}  // namespace bochner::estimator
