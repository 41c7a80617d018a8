// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/execution.hpp"
#include "bochner/feature_map.hpp"

#include <functional>
#include <string>
#include <vector>

/// \file
/// Bias, variance and relative error of the kernel estimate, predicted and measured, over a grid of
/// maps, numbers of frequencies and pairs.

namespace bochner::cli {

/// A pair of inputs and what to call it.
struct StudyPair {
  std::string label;
  std::vector<double> x;
  std::vector<double> y;
};

/// One map, all of whose cells come from the same draws: m of them use the first m frequencies.
struct StudyGroup {
  FeatureMapSpec spec;  ///< its num_frequencies and seed are not used
  std::vector<Index> frequencies;
};

/// One cell: a map, a number of frequencies, a pair.
struct StudyCell {
  std::string features;
  std::string projection;
  Index num_frequencies = 0;
  Index num_features = 0;
  std::string pair;
  double exact = 0.0;
  double predicted_bias = 0.0;
  double predicted_variance = 0.0;
  double predicted_relative_error = 0.0;
  double measured_bias = 0.0;
  double measured_bias_error = 0.0;  ///< one standard error
  double measured_variance = 0.0;
  double measured_variance_error = 0.0;
  double measured_relative_error = 0.0;  ///< root mean square over the replicates, over exact
  Index replicates = 0;
};

/// All cells of a group, ordered by pair, then by number of frequencies. Replicate r has the seed
/// derived from (seed, r) and is drawn once, with the most frequencies; the same numbers come for
/// any number of threads. `advance` is called after each replicate, from one thread at a time.
std::vector<StudyCell> study(const StudyGroup& group, const std::vector<StudyPair>& pairs,
                             Seed seed, Index replicates, const Execution& execution,
                             const std::function<void()>& advance);

}  // namespace bochner::cli
