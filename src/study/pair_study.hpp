// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/core/execution.hpp"
#include "bochner/estimator/variance.hpp"
#include "bochner/feature_map.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// \file
/// Bias, variance and relative error of the kernel estimate, predicted and measured, over a grid of
/// maps, numbers of frequencies and pairs.

namespace bochner::study {

/// A pair of inputs and what to call it.
struct StudyPair {
  std::string label;
  std::vector<double> x;
  std::vector<double> y;
};

/// One map and the pairs that it is studied at: all, or one where its parameter depends on the
/// pair.
struct StudyMap {
  std::string label;               ///< of the feature function, the same whatever the pair
  FeatureMapSpec spec;             ///< its num_frequencies and seed are not used
  std::vector<std::size_t> pairs;  ///< indices into the plan's pairs
};

/// What to study.
struct StudyPlan {
  std::vector<StudyPair> pairs;
  std::vector<StudyMap> maps;      ///< side by side where one draw serves them
  std::vector<Index> frequencies;  ///< ascending
  Seed seed{};
  Index replicates = 0;  ///< 0: closed forms alone
};

/// One cell: a map, a number of frequencies, a pair.
struct StudyCell {
  std::string label;  ///< the map's
  std::string features;
  std::string projection;
  Index num_frequencies = 0;
  Index num_features = 0;
  std::string pair;
  double exact = 0.0;
  double log_exact = 0.0;
  double predicted_bias = 0.0;
  double predicted_variance = 0.0;
  double predicted_log_variance = 0.0;  ///< finite where the variance leaves the range of double
  double predicted_relative_error = 0.0;
  double measured_bias = 0.0;        ///< this and what follows NaN where estimates are not finite
  double measured_bias_error = 0.0;  ///< one standard error
  double measured_variance = 0.0;
  double measured_variance_error = 0.0;
  double measured_relative_error = 0.0;  ///< root mean square over the replicates, over exact
  Index replicates = 0;

  /// Of the exact value squared.
  double predicted_relative_variance() const;
};

/// Whether the kernel's value, its estimates or their variance leave the range of double.
bool out_of_range(const StudyCell& cell);

/// The study as a job that can stop between any two parts and go on from a saved state, with the
/// same numbers for any stops and any number of threads. Replicate r has the seed derived from
/// (seed, r): its frequencies are drawn once per projection, as many as the largest number asks
/// for; all maps of the projection see them, smaller numbers of frequencies their beginning.
class Study {
 public:
  /// Closed forms of all cells. Throws InvalidArgument where a map or a pair is not valid.
  explicit Study(StudyPlan plan);

  const StudyPlan& plan() const noexcept { return plan_; }
  /// Draws times maps: of the whole job, and so far.
  double work() const noexcept;
  double work_done() const noexcept;
  bool finished() const noexcept { return group_ == groups_.size(); }

  /// The next part, of a few dozen draws.
  void advance(const Execution& execution);

  /// Cells of the maps that are finished, in the plan's order, then by pair, then by number of
  /// frequencies.
  std::vector<StudyCell> cells() const;

  Archive save() const;
  /// Goes on from a state that a study of the same plan saved. Throws InvalidArgument for others.
  void load(const Archive& state);

 private:
  /// Maps [first, last), which share a projection, and their cells from `cell` on.
  struct Group {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t cell = 0;
    std::size_t cells = 0;
  };
  /// Sums over replicates of (estimate - mean)^k, k = 1 to 4, mean the predicted one.
  static constexpr Index kPowers = 4;

  void estimates(const Group& group, Index replicate, double* out) const;
  StudyCell cell(std::size_t map, std::size_t pair, std::size_t size, std::size_t at) const;

  StudyPlan plan_;
  std::vector<Group> groups_;
  std::vector<KernelMoments> moments_;  ///< one per cell
  Matrix<double> sums_;                 ///< cells x powers
  std::size_t group_ = 0;               ///< at work
  Index done_ = 0;                      ///< replicates of it
};

}  // namespace bochner::study
