// SPDX-License-Identifier: Apache-2.0
#include "features/exponential.hpp"

#include "core/door.hpp"
#include "core/text.hpp"
#include "features/amplitude.hpp"
#include "features/weighted_stage.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <string>
#include <vector>

namespace bochner::feature_functions {

namespace {

/// A bound on the norms of normal frequencies in so many dimensions, twice as many where a fast
/// transform pads them: a chi variable exceeds its root mean square by ten with a probability below
/// 1e-21.
double longest_normal(Index dim) { return std::sqrt(2.0 * static_cast<double>(dim)) + 10.0; }

}  // namespace

void check_exponential(std::string_view name, const ExponentialLaw& law, Index dim) {
  const Door door(name);
  const auto check = [&](const std::string& argument, double a) {
    if (a < 0.125 && std::isfinite(a)) return;
    door.refuse(argument, text::number(a),
                "a finite number below 1/8 (from there on the features have infinite variance)");
  };
  const std::vector<double>* const directions = law.directions();
  if (directions == nullptr) return check("a", std::get<double>(law.a));
  door.entries("a", std::ssize(*directions), dim, "input_dim, or one number for all directions");
  for (std::size_t l = 0; l < directions->size(); ++l) {
    check("a[" + std::to_string(l) + "]", (*directions)[l]);
  }
}

std::optional<std::string> exponential_refusal(std::string_view name,
                                               const SpectralMeasure& spectrum) {
  if (auto reason = fourier_refusal(name, spectrum)) return reason;
  if (is_normal(spectrum)) return std::nullopt;
  return std::string(name) +
         " features need a kernel whose frequencies are normal: gaussian or softmax";
}

// E exp(w.(x + y)) = exp(|x|^2 / 2 + x.y + |y|^2 / 2), and kappa is exp(x.y - |x|^2 / 2 - |y|^2 /
// 2): two squares to take away on each side.
StageInput exponential_input(const ExponentialLaw& law, const StandardForm& kernel) {
  StageInput out{.frequency_factor = std::numbers::log2e, .norm_weight = kernel.amplitude - 2.0};
  if (const std::vector<double>* const directions = law.directions()) {
    out.frequency_weights = *directions;
    for (const double a : *directions) out.stretch.push_back(std::sqrt(1.0 - 4.0 * a));
  } else {
    out.frequency_factor *= std::sqrt(1.0 - 4.0 * std::get<double>(law.a));
  }
  return out;
}

RowLaw exponential_row_law(const ExponentialLaw& law) {
  RowLaw out{.argument = RowLaw::Argument::sum,
             .sides = law.signs == Signs::both ? RowLaw::Sides::both : RowLaw::Sides::one};
  if (const std::vector<double>* const directions = law.directions()) {
    out.directions = *directions;
    for (const double each : *directions) {
      out.log_growth += 0.5 * std::log1p(16.0 * each * each / (1.0 - 8.0 * each));
    }
  } else {
    out.a = std::get<double>(law.a);
  }
  return out;
}

namespace {

/// log prod_l (1 - 4a_l)^(1/4)
double log_determinant(const ExponentialLaw& law, Index dim) {
  if (law.directions() == nullptr) {
    return 0.25 * static_cast<double>(dim) * std::log1p(-4.0 * std::get<double>(law.a));
  }
  double sum = 0.0;
  for (const double a : *law.directions()) sum += 0.25 * std::log1p(-4.0 * a);
  return sum;
}

}  // namespace

template <Scalar T>
ExponentialStage<T>::ExponentialStage(const ExponentialLaw& law, const FrequencyNorms& norms,
                                      const FrequencyLaw& frequencies)
    : signs_(law.signs),
      num_frequencies_(frequencies.num_frequencies),
      log_normaliser_(log_determinant(law, norms.ambient_dim) -
                      0.5 * std::log(static_cast<double>(num_features()))),
      ones_(static_cast<std::size_t>(num_features()), T{1}) {
  // With one a per direction the norms are weighted and the rows stretched already.
  const bool each = law.directions() != nullptr;
  const double a = each ? 1.0 : std::get<double>(law.a);
  const double factor = std::numbers::log2e * (each ? 1.0 : std::sqrt(1.0 - 4.0 * a));
  longest_frequency_ = factor * longest_normal(norms.ambient_dim);
  const std::vector<double> factors = weight_factors(frequencies.weights);
  if (!law.weighs() && factors.empty()) return;
  column_offset_.assign(static_cast<std::size_t>(simd::padded<T>(num_frequencies_)), T{0});
  for (std::size_t j = 0; j < static_cast<std::size_t>(num_frequencies_); ++j) {
    double offset = law.weighs() ? a * norms.squared[j] * std::numbers::log2e : 0.0;
    if (!factors.empty()) offset += std::log2(factors[j]);
    column_offset_[j] = static_cast<T>(offset);
    largest_offset_ = std::max(largest_offset_, std::abs(offset));
  }
  if (each || !law.weighs()) return;
  const double longest = std::sqrt(*std::max_element(norms.squared.begin(), norms.squared.end()));
  longest_frequency_ = factor * longest;
}

template <Scalar T>
Index ExponentialStage<T>::num_features() const noexcept {
  return signs_ == Signs::both ? 2 * num_frequencies_ : num_frequencies_;
}

template <Scalar T>
double ExponentialStage<T>::largest_log(double length) const noexcept {
  return longest_frequency_ * length + largest_offset_;
}

template <Scalar T>
void ExponentialStage<T>::log_features(T* block, Index ld, Index rows) const noexcept {
  const T* const offset = column_offset_.empty() ? nullptr : column_offset_.data();
  if (signs_ == Signs::both) {
    simd::kernels<T>().mirror_rows(block, ld, rows, num_frequencies_, offset);
  } else if (offset) {
    simd::kernels<T>().affine_rows(block, ld, rows, num_frequencies_, T{1}, offset);
  }
}

template <Scalar T>
void ExponentialStage<T>::features(T* block, Index ld, Index rows, const double* log_amplitude,
                                   std::int32_t* exponent) const noexcept {
  log_features(block, ld, rows);
  std::array<T, simd::kBlockRows> fraction;
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
    fraction[r] = split_amplitude<T>(log_amplitude[r], exponent[r]);
  }
  simd::kernels<T>().exp2_rows(block, ld, rows, num_features(), fraction.data(), exponent);
}

template <Scalar T>
void ExponentialStage<T>::pull(T* block, Index ld, Index rows, const double* log_amplitude,
                               const T* dphi, Index lddphi, T* dp, Index lddp,
                               double* damplitude) const noexcept {
  std::array<std::int32_t, simd::kBlockRows> exponent;
  features(block, ld, rows, log_amplitude, exponent.data());
  constexpr T kLn2 = static_cast<T>(std::numbers::ln2);
  const Index count = num_features();
  for (Index r = 0; r < rows; ++r) {
    T* const phi = block + r * ld;
    const T* const d = dphi + r * lddphi;
    for (Index j = 0; j < count; ++j) phi[j] *= kLn2 * d[j];
  }
  pull_log(block, ld, rows, dp, lddp, damplitude);
}

template <Scalar T>
void ExponentialStage<T>::pull_log(const T* dlog, Index ldd, Index rows, T* dp, Index lddp,
                                   double* damplitude) const noexcept {
  const Index m = num_frequencies_;
  for (Index r = 0; r < rows; ++r) {
    const T* const d = dlog + r * ldd;
    T* const out = dp + r * lddp;
    if (signs_ == Signs::both) {
      for (Index j = 0; j < m; ++j) out[j] = d[j] - d[m + j];
    } else {
      std::copy_n(d, m, out);
    }
  }
  std::array<T, simd::kBlockRows> sums;
  simd::kernels<T>().row_products(dlog, ldd, rows, num_features(), nullptr, ones_.data(),
                                  sums.data());
  std::copy_n(sums.data(), rows, damplitude);
}

template class ExponentialStage<float>;
template class ExponentialStage<double>;

}  // namespace bochner::feature_functions
