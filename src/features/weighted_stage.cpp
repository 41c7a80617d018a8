// SPDX-License-Identifier: Apache-2.0
#include "features/weighted_stage.hpp"

#include "simd/engine.hpp"

#include <cmath>
#include <cstddef>
#include <utility>

namespace bochner::feature_functions {

std::vector<double> weight_factors(std::span<const double> weights) {
  std::vector<double> out;
  for (const double weight : weights) {
    out.push_back(std::sqrt(static_cast<double>(weights.size()) * weight));
  }
  return out;
}

template <Scalar T>
WeightedStage<T>::WeightedStage(std::unique_ptr<const FeatureStage<T>> stage,
                                std::span<const double> weights)
    : stage_(std::move(stage)) {
  const std::vector<double> factors = weight_factors(weights);
  const auto columns = static_cast<std::size_t>(stage_->num_features());
  for (std::size_t j = 0; j < columns; ++j) {
    factors_.push_back(static_cast<T>(factors[j % factors.size()]));
  }
}

template <Scalar T>
Index WeightedStage<T>::cotangent_column() const noexcept {
  return simd::padded<T>(stage_->work_columns());
}

template <Scalar T>
Index WeightedStage<T>::work_columns() const noexcept {
  return cotangent_column() + num_features();
}

template <Scalar T>
void WeightedStage<T>::features(T* block, Index ld, Index rows, const double* log_amplitude,
                                std::int32_t* exponent) const noexcept {
  stage_->features(block, ld, rows, log_amplitude, exponent);
  for (Index r = 0; r < rows; ++r) {
    T* const phi = block + r * ld;
    for (std::size_t j = 0; j < factors_.size(); ++j) phi[j] *= factors_[j];
  }
}

template <Scalar T>
void WeightedStage<T>::pull(T* block, Index ld, Index rows, const double* log_amplitude,
                            const T* dphi, Index lddphi, T* dp, Index lddp,
                            double* damplitude) const noexcept {
  T* const cotangents = block + cotangent_column();
  for (Index r = 0; r < rows; ++r) {
    const T* const from = dphi + r * lddphi;
    T* const to = cotangents + r * ld;
    for (std::size_t j = 0; j < factors_.size(); ++j) to[j] = factors_[j] * from[j];
  }
  stage_->pull(block, ld, rows, log_amplitude, cotangents, ld, dp, lddp, damplitude);
}

template class WeightedStage<float>;
template class WeightedStage<double>;

}  // namespace bochner::feature_functions
