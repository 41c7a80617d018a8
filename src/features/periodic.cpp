// SPDX-License-Identifier: Apache-2.0
#include "features/periodic.hpp"

#include "features/amplitude.hpp"
#include "features/row_products.hpp"
#include "simd/engine.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace bochner {
namespace {

template <Scalar T>
using RowValues = std::array<T, simd::kBlockRows>;

/// The factor of a row's cosines: normaliser * 2^fraction.
template <Scalar T>
RowValues<T> row_scales(const double* log_amplitude, Index rows, double normaliser,
                        std::int32_t* exponent) noexcept {
  RowValues<T> scale;
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
    const double fraction =
        feature_functions::split_amplitude<double>(log_amplitude[r], exponent[r]);
    scale[r] = static_cast<T>(normaliser * std::exp2(fraction));
  }
  return scale;
}

double paired_normaliser(Index num_frequencies) {
  return std::sqrt(1.0 / static_cast<double>(num_frequencies));
}

double phase_normaliser(Index num_frequencies) {
  return std::sqrt(2.0 / static_cast<double>(num_frequencies));
}

}  // namespace

template <Scalar T>
void PairedStage<T>::features(T* block, Index ld, Index rows, const double* log_amplitude,
                              std::int32_t* exponent) const noexcept {
  const auto scale =
      row_scales<T>(log_amplitude, rows, paired_normaliser(num_frequencies_), exponent);
  simd::kernels<T>().sincos_rows(block, ld, rows, num_frequencies_, scale.data());
}

template <Scalar T>
void PairedStage<T>::pull(T* block, Index ld, Index rows, const double* log_amplitude,
                          const T* dphi, Index lddphi, T* dp, Index lddp,
                          double* damplitude) const noexcept {
  const Index m = num_frequencies_;
  std::array<std::int32_t, simd::kBlockRows> exponent;
  features(block, ld, rows, log_amplitude, exponent.data());
  for (Index r = 0; r < rows; ++r) {
    const T* const phi = block + r * ld;
    const T* const d = dphi + r * lddphi;
    T* const out = dp + r * lddp;
    for (Index j = 0; j < m; ++j) out[j] = phi[j] * d[m + j] - phi[m + j] * d[j];
    damplitude[r] = std::numbers::ln2 * feature_functions::row_product(phi, d, 2 * m);
  }
}

template <Scalar T>
PhaseStage<T>::PhaseStage(const FrequencyLaw& law)
    : num_frequencies_(law.num_frequencies),
      phases_(static_cast<std::size_t>(simd::padded<T>(law.num_frequencies)), T{0}) {
  for (std::size_t j = 0; j < static_cast<std::size_t>(num_frequencies_); ++j) {
    const auto drawn = [&] {
      return 2.0 * std::numbers::pi * Stream(law.seed, Purpose::phases, j).uniform(0);
    };
    phases_[j] = static_cast<T>(law.phases.empty() ? drawn() : law.phases[j]);
  }
}

template <Scalar T>
void PhaseStage<T>::features(T* block, Index ld, Index rows, const double* log_amplitude,
                             std::int32_t* exponent) const noexcept {
  const auto scale =
      row_scales<T>(log_amplitude, rows, phase_normaliser(num_frequencies_), exponent);
  simd::kernels<T>().affine_rows(block, ld, rows, num_frequencies_, T{1}, phases_.data());
  simd::kernels<T>().cos_rows(block, ld, rows, num_frequencies_, scale.data());
}

template <Scalar T>
void PhaseStage<T>::pull(T* block, Index ld, Index rows, const double* log_amplitude, const T* dphi,
                         Index lddphi, T* dp, Index lddp, double* damplitude) const noexcept {
  const Index m = num_frequencies_;
  std::array<std::int32_t, simd::kBlockRows> exponent;
  const auto scale = row_scales<T>(log_amplitude, rows, phase_normaliser(m), exponent.data());
  simd::kernels<T>().affine_rows(block, ld, rows, m, T{1}, phases_.data());
  simd::kernels<T>().sincos_rows(block, ld, rows, m, scale.data());
  for (Index r = 0; r < rows; ++r) {
    const T* const phi = block + r * ld;
    const T* const d = dphi + r * lddphi;
    T* const out = dp + r * lddp;
    for (Index j = 0; j < m; ++j) out[j] = -phi[m + j] * d[j];
    damplitude[r] = std::numbers::ln2 * feature_functions::row_product(phi, d, m);
  }
}

template class PairedStage<float>;
template class PairedStage<double>;
template class PhaseStage<float>;
template class PhaseStage<double>;

}  // namespace bochner
