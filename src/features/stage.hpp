// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/features/features.hpp"
#include "kernel/frequency_law.hpp"
#include "kernel/standard_form.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// From projections to features, a block at a time.

namespace bochner {

/// The second half of a feature map. A block holds `p = factor W x~` in its first m columns on
/// entry (products of projections: as many as there are, from `projection_column` on). Row r
/// carries a base-2 log-amplitude R_r = log2(e) (norm_weight |x~|^2 / 2 + ...), kept in double: its
/// whole part goes to the row's exponent, its fraction into the features.
template <Scalar T>
class FeatureStage {
 public:
  FeatureStage() = default;
  FeatureStage(const FeatureStage&) = delete;
  FeatureStage& operator=(const FeatureStage&) = delete;
  virtual ~FeatureStage() = default;

  /// Columns of phi.
  virtual Index num_features() const noexcept = 0;
  /// Columns of the widest block that `pull` works in.
  virtual Index work_columns() const noexcept { return num_features(); }
  /// Where projections start in a block; 0 for features that take the place of their projections.
  /// Other stages work in blocks of `work_columns()`.
  virtual Index projection_column() const noexcept { return 0; }
  /// Whether features are exponentials of log-features, hence positive.
  virtual bool exponential() const noexcept = 0;

  /// The natural logarithm of a factor of all features that the caller puts into log-amplitudes.
  virtual double log_factor() const noexcept { return 0.0; }

  /// Exponential stages: a bound on the size of the base-2 log-features of a row of this length,
  /// less its log-amplitude; 0 for the others.
  virtual double largest_log(double /*length*/) const noexcept { return 0.0; }

  /// Turns projections into features: the feature is phi 2^exponent.
  virtual void features(T* block, Index ld, Index rows, const double* log_amplitude,
                        std::int32_t* exponent) const noexcept = 0;

  /// Exponential stages: turns projections into base-2 log-features, without the row's
  /// log-amplitude.
  virtual void log_features(T* block, Index ld, Index rows) const noexcept;

  /// Gradient of sum dphi phi, phi as `features` gives it and exponents held fixed. `block` holds
  /// projections on entry and is work space; `dp` (rows x m) receives the cotangents of the
  /// projections, `damplitude` those of the log-amplitudes.
  virtual void pull(T* block, Index ld, Index rows, const double* log_amplitude, const T* dphi,
                    Index lddphi, T* dp, Index lddp, double* damplitude) const noexcept = 0;

  /// Exponential stages: the same from cotangents of the base-2 log-features.
  virtual void pull_log(const T* dlog, Index ldd, Index rows, T* dp, Index lddp,
                        double* damplitude) const noexcept;
};

/// How a stage wants its inputs.
struct StageInput {
  double frequency_factor = 1.0;  ///< multiplies the frequencies
  double norm_weight = 0.0;       ///< R = log2(e) norm_weight |x~|^2 / 2 + ...
  double length_weight = 0.0;     ///< ... + length_weight log2 |x~|, which has no gradient
  std::vector<double> stretch{};  ///< multiplies the coordinates that meet frequencies; empty: ones
  std::vector<double> frequency_weights{};  ///< of w_l^2 in norms of frequencies; empty: ones
};

/// Whether features are products of projections.
bool multiplies(const FeatureFunction& features);

/// Exact columns of a product of projections; 0 for other feature functions.
Index exact_columns(const FeatureFunction& features, const PowerSeries& series, Index dim);

/// The law of the columns of a product of projections.
ProductSampling product_sampling(const FeatureFunction& features, const PowerSeries& series);

/// Whether the first columns of a draw are those of a smaller map.
bool grows(const FeatureFunction& features);

/// Degrees of the columns; null for feature functions that are not products.
std::shared_ptr<const ProductLayout> product_layout(const FeatureFunction& features,
                                                    const PowerSeries* series, Index dim,
                                                    Index num_frequencies, Seed seed);

/// Throws InvalidArgument when an option of the feature function is out of range, or when the law
/// has too few frequencies.
void check(const FeatureFunction& features, const FrequencyLaw& law);

/// Why frequencies of this measure and the feature function do not go together, or nothing.
std::optional<std::string> incompatibility_of(const SpectralMeasure& spectrum,
                                              const FeatureFunction& features);

/// The same for features that estimate a Fourier transform of the measure.
std::optional<std::string> fourier_refusal(std::string_view name, const SpectralMeasure& spectrum);

StageInput stage_input(const FeatureFunction& features, const StandardForm& kernel);

/// `norms` is asked for the frequencies' norms only by feature functions whose weights depend on
/// them.
template <Scalar T>
std::unique_ptr<const FeatureStage<T>> make_stage(const FeatureFunction& features,
                                                  const FrequencyLaw& law,
                                                  const std::function<FrequencyNorms()>& norms);

}  // namespace bochner
