// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/stage.hpp"

namespace bochner::feature_functions {

/// Features f(p) / sqrt(m) with the kernel's rectifier f. The row's exponent is a power of its
/// length, which comes as the base-2 log-amplitude.
template <Scalar T>
class RectifiedStage final : public FeatureStage<T> {
 public:
  RectifiedStage(const Rectifier& rectifier, Index num_frequencies);

  Index num_features() const noexcept override { return num_frequencies_; }
  bool exponential() const noexcept override { return false; }
  void features(T* block, Index ld, Index rows, const double* log_amplitude,
                std::int32_t* exponent) const noexcept override;
  void pull(T* block, Index ld, Index rows, const double* log_amplitude, const T* dphi,
            Index lddphi, T* dp, Index lddp, double* damplitude) const noexcept override;

 private:
  /// The power of two that a row's projections are divided by.
  int length_exponent(double log_length) const noexcept;

  int order_;
  double factor_;  ///< with the normaliser
  double offset_;
  int least_exponent_;
  Index num_frequencies_;
};

}  // namespace bochner::feature_functions
