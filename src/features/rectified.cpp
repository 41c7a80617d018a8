// SPDX-License-Identifier: Apache-2.0
#include "features/rectified_stage.hpp"

#include "bochner/features/rectified.hpp"
#include "core/assert.hpp"
#include "features/row_law.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace bochner::feature_functions {
namespace {

/// Lengths are divided out down to here; what is shorter has small features.
constexpr int kLeastExponent = -100;
constexpr double kLongest = 1000.0;

}  // namespace

template <Scalar T>
RectifiedStage<T>::RectifiedStage(const Rectifier& rectifier, Index num_frequencies)
    : order_(rectifier.order),
      factor_(rectifier.factor / std::sqrt(static_cast<double>(num_frequencies))),
      offset_(rectifier.offset / std::sqrt(static_cast<double>(num_frequencies))),
      least_exponent_(order_ == 0 ? 0 : kLeastExponent),
      num_frequencies_(num_frequencies) {
  if (order_ > 0 && rectifier.offset != 0.0) {  // the offset stays of order one
    const double least = std::ceil(std::log2(std::abs(rectifier.offset)) / order_);
    least_exponent_ = std::max(least_exponent_, static_cast<int>(least));
  }
}

template <Scalar T>
int RectifiedStage<T>::length_exponent(double log_length) const noexcept {
  if (order_ == 0 || !(log_length > least_exponent_)) return least_exponent_;
  return static_cast<int>(std::ceil(std::min(log_length, kLongest)));
}

template <Scalar T>
void RectifiedStage<T>::features(T* block, Index ld, Index rows, const double* log_amplitude,
                                 std::int32_t* exponent) const noexcept {
  std::array<T, simd::kBlockRows> scale;
  std::array<T, simd::kBlockRows> offset;
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
    const int length = length_exponent(log_amplitude[r]);
    exponent[r] = order_ * length;
    scale[r] = static_cast<T>(std::ldexp(1.0, -length));
    offset[r] = static_cast<T>(std::ldexp(offset_, -exponent[r]));
  }
  simd::kernels<T>().rectify_rows(block, ld, rows, num_frequencies_, order_,
                                  static_cast<T>(factor_), scale.data(),
                                  offset_ == 0.0 ? nullptr : offset.data());
}

template <Scalar T>
void RectifiedStage<T>::pull(T* block, Index ld, Index rows, const double* log_amplitude,
                             const T* dphi, Index lddphi, T* dp, Index lddp,
                             double* damplitude) const noexcept {
  std::fill_n(damplitude, rows, 0.0);
  if (order_ == 0) {
    for (Index r = 0; r < rows; ++r) std::fill_n(dp + r * lddp, num_frequencies_, T{0});
    return;
  }
  std::array<T, simd::kBlockRows> scale;
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
    scale[r] = static_cast<T>(std::ldexp(1.0, -length_exponent(log_amplitude[r])));
  }
  simd::kernels<T>().rectify_rows(block, ld, rows, num_frequencies_, order_ - 1,
                                  static_cast<T>(order_ * factor_), scale.data(), nullptr);
  for (Index r = 0; r < rows; ++r) {
    const T* const slope = block + r * ld;
    const T* const d = dphi + r * lddphi;
    T* const out = dp + r * lddp;
    const T factor = scale[static_cast<std::size_t>(r)];
    for (Index j = 0; j < num_frequencies_; ++j) out[j] = factor * slope[j] * d[j];
  }
}

template class RectifiedStage<float>;
template class RectifiedStage<double>;

}  // namespace bochner::feature_functions

namespace bochner {

std::optional<std::string> RectifiedFeatures::refusal(const SpectralMeasure& spectrum) const {
  if (spectrum.refusal()) return *spectrum.refusal();
  if (spectrum.rectifier()) return std::nullopt;
  return std::string(name) +
         " features need a kernel that brings its rectifier: arc-cosine or angular";
}

StageInput RectifiedFeatures::stage_input(const StandardForm& /*kernel*/) const {
  return {.length_weight = 1.0};
}

// Depends on a pair through more than one number: see the estimator's direct moments.
RowLaw RectifiedFeatures::row_law() const { return {}; }

template <Scalar T>
std::unique_ptr<const FeatureStage<T>> RectifiedFeatures::make_stage(
    const FrequencyLaw& law, const std::function<FrequencyNorms()>& /*norms*/) const {
  BOCHNER_ASSERT(law.spectrum.rectifier());
  return std::make_unique<feature_functions::RectifiedStage<T>>(*law.spectrum.rectifier(),
                                                                law.num_frequencies);
}

template std::unique_ptr<const FeatureStage<float>> RectifiedFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;
template std::unique_ptr<const FeatureStage<double>> RectifiedFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;

}  // namespace bochner
