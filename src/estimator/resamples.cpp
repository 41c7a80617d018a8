// SPDX-License-Identifier: Apache-2.0
#include "estimator/resamples.hpp"

#include "estimator/row_law.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>

namespace bochner::estimator {
namespace {

/// Below this many blocks the bootstrap: a jackknife's variance then has few degrees of freedom and
/// its results are of far fewer frequencies.
constexpr Index kJackknifeFrom = 8;

}  // namespace

Resamples::Resamples(const Door& door, const FeatureMapSpec& spec,
                     const FeatureErrorOptions& options)
    : num_frequencies_(spec.num_frequencies), resampling_(options.resampling), seed_(options.seed) {
  validate(spec);
  door.at_least("replicates", options.replicates, 2);
  const BlockLaw law = block_law(spec);
  const bool whole = law.quasi_random || law.exact > 0 ||
                     law.pairing == BlockLaw::Pairing::sketch || law.size >= num_frequencies_;
  block_size_ = whole ? num_frequencies_ : law.size;
  blocks_ = (num_frequencies_ + block_size_ - 1) / block_size_;
  if (blocks_ < 2) {
    door.refuse("the frequencies of " + to_text(spec) +
                " are one block, expected at least two that were drawn independently");
  }
  if (resampling_ == Resampling::automatic) {
    resampling_ = blocks_ >= kJackknifeFrom ? Resampling::jackknife : Resampling::bootstrap;
  }
  const bool jackknife = resampling_ == Resampling::jackknife;
  groups_ = jackknife ? frequency_groups(num_frequencies_, block_size_)
                      : frequency_blocks(num_frequencies_, block_size_);
  count_ = jackknife ? std::ssize(groups_) : options.replicates;
  degrees_of_freedom_ =
      static_cast<double>(num_frequencies_) / static_cast<double>(groups_.front().count) - 1.0;
}

std::vector<double> Resamples::weights(Index replicate) const {
  return resampling_ == Resampling::jackknife
             ? without(groups_[static_cast<std::size_t>(replicate)])
             : drawn(replicate);
}

std::vector<double> Resamples::without(const FrequencyGroup& group) const {
  const auto m = static_cast<double>(num_frequencies_);
  std::vector<double> weights(static_cast<std::size_t>(num_frequencies_),
                              m / (m - static_cast<double>(group.count)));
  std::fill_n(weights.begin() + group.first, group.count, 0.0);
  return weights;
}

std::vector<double> Resamples::drawn(Index replicate) const {
  const Stream stream(seed_, Purpose::study, static_cast<std::uint64_t>(replicate));
  std::vector<double> weights(static_cast<std::size_t>(num_frequencies_));
  double total = 0.0;
  for (Index b = 0; b < blocks_; ++b) {
    const double u = stream.uniform(static_cast<std::uint64_t>(b));
    const auto drawn = std::min(blocks_ - 1, static_cast<Index>(u * static_cast<double>(blocks_)));
    const FrequencyGroup& block = groups_[static_cast<std::size_t>(drawn)];
    for (Index j = 0; j < block.count; ++j) {
      weights[static_cast<std::size_t>(block.first + j)] += 1.0;
    }
    total += static_cast<double>(block.count);
  }
  for (double& weight : weights) weight *= static_cast<double>(num_frequencies_) / total;
  return weights;
}

Resamples::Error Resamples::error(double value, std::span<const double> replicates) const {
  const auto count = static_cast<double>(replicates.size());
  Error out;
  if (resampling_ == Resampling::bootstrap) {
    const double mean = std::accumulate(replicates.begin(), replicates.end(), 0.0) / count;
    double square = 0.0;
    for (const double replicate : replicates) square += (replicate - mean) * (replicate - mean);
    // The variance of blocks drawn from B of them is (B - 1) / B of theirs.
    const double few = static_cast<double>(blocks_) / (static_cast<double>(blocks_) - 1.0);
    return {few * square / (count - 1.0), mean - value};
  }
  const auto h = [&](std::size_t g) {
    return static_cast<double>(num_frequencies_) / static_cast<double>(groups_[g].count);
  };
  double jackknife = count * value;
  for (std::size_t g = 0; g < groups_.size(); ++g) jackknife -= (1.0 - 1.0 / h(g)) * replicates[g];
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const double deviation = h(g) * value - (h(g) - 1.0) * replicates[g] - jackknife;
    out.variance += deviation * deviation / (h(g) - 1.0) / count;
  }
  out.bias = value - jackknife;
  return out;
}

}  // namespace bochner::estimator
