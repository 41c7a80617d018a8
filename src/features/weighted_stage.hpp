// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/stage.hpp"

#include <memory>
#include <span>
#include <vector>

/// \file
/// Features whose frequencies have weights of their own.

namespace bochner::feature_functions {

/// sqrt(m weight_j): what weight_j in place of 1 / m makes of a feature of frequency j.
std::vector<double> weight_factors(std::span<const double> weights);

/// A stage with every column times the factor of its frequency.
template <Scalar T>
class WeightedStage final : public FeatureStage<T> {
 public:
  /// For a stage that is not exponential, with columns j, m + j, ... of frequency j.
  WeightedStage(std::unique_ptr<const FeatureStage<T>> stage, std::span<const double> weights);

  Index num_features() const noexcept override { return stage_->num_features(); }
  /// Those of the stage, then its cotangents.
  Index work_columns() const noexcept override;
  Index projection_column() const noexcept override { return stage_->projection_column(); }
  bool exponential() const noexcept override { return false; }
  double log_factor() const noexcept override { return stage_->log_factor(); }
  void features(T* block, Index ld, Index rows, const double* log_amplitude,
                std::int32_t* exponent) const noexcept override;
  void pull(T* block, Index ld, Index rows, const double* log_amplitude, const T* dphi,
            Index lddphi, T* dp, Index lddp, double* damplitude) const noexcept override;

 private:
  Index cotangent_column() const noexcept;

  std::unique_ptr<const FeatureStage<T>> stage_;
  std::vector<T> factors_;  ///< by column
};

}  // namespace bochner::feature_functions
