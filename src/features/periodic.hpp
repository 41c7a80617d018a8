// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/stage.hpp"

#include <vector>

namespace bochner {

/// Paired features amplitude [cos p, sin p] / sqrt(m).
template <Scalar T>
class PairedStage final : public FeatureStage<T> {
 public:
  explicit PairedStage(Index num_frequencies) : num_frequencies_(num_frequencies) {}

  Index num_features() const noexcept override { return 2 * num_frequencies_; }
  bool exponential() const noexcept override { return false; }
  void features(T* block, Index ld, Index rows, const double* log_amplitude,
                std::int32_t* exponent) const noexcept override;
  void pull(T* block, Index ld, Index rows, const double* log_amplitude, const T* dphi,
            Index lddphi, T* dp, Index lddp, double* damplitude) const noexcept override;

 private:
  Index num_frequencies_;
};

/// Random-phase features amplitude sqrt(2 / m) cos(p + u).
template <Scalar T>
class PhaseStage final : public FeatureStage<T> {
 public:
  explicit PhaseStage(const FrequencyLaw& law);

  Index num_features() const noexcept override { return num_frequencies_; }
  Index work_columns() const noexcept override { return 2 * num_frequencies_; }
  bool exponential() const noexcept override { return false; }
  void features(T* block, Index ld, Index rows, const double* log_amplitude,
                std::int32_t* exponent) const noexcept override;
  void pull(T* block, Index ld, Index rows, const double* log_amplitude, const T* dphi,
            Index lddphi, T* dp, Index lddp, double* damplitude) const noexcept override;

 private:
  Index num_frequencies_;
  std::vector<T> phases_;  ///< padded with zeros
};

}  // namespace bochner
