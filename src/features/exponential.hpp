// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/row_law.hpp"
#include "features/stage.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bochner {

/// Which signs of a frequency carry a feature.
enum class Signs { plus, both };

/// What distinguishes one exponential feature function from another.
struct ExponentialLaw {
  Signs signs = Signs::plus;
  PerDirection a = 0.0;

  /// Whether columns have weights exp(a |w|^2).
  bool weighs() const { return a != PerDirection(0.0); }
  /// The list, where there is one.
  const std::vector<double>* directions() const { return std::get_if<std::vector<double>>(&a); }
};

}  // namespace bochner

namespace bochner::feature_functions {

/// A feature function whose columns are exponentials: an `exponential_law` is all it needs.
template <class F>
concept ExponentialFeatures = requires(const F& features) {
  { features.exponential_law() } -> std::same_as<ExponentialLaw>;
};

/// Throws InvalidArgument, naming the feature function, when a parameter is out of range, or when
/// there are others than one or `dim`.
void check_exponential(std::string_view name, const ExponentialLaw& law, Index dim);

/// Why exponential features and frequencies of this measure do not go together, or nothing.
std::optional<std::string> exponential_refusal(std::string_view name,
                                               const SpectralMeasure& spectrum);

StageInput exponential_input(const ExponentialLaw& law, const StandardForm& kernel);

RowLaw exponential_row_law(const ExponentialLaw& law);

/// Positive features exp(a |w|^2 + sqrt(1 - 4a) w.x~ + amplitude), one per frequency or one per
/// sign; everything is kept in base 2. With one a per direction, a |w|^2 is sum_l a_l w_l^2 and
/// arrives in `norms`; the roots are in the rows (see `StageInput::stretch`). Weights of
/// frequencies are in the logarithms.
template <Scalar T>
class ExponentialStage final : public FeatureStage<T> {
 public:
  ExponentialStage(const ExponentialLaw& law, const FrequencyNorms& norms,
                   const FrequencyLaw& frequencies);

  Index num_features() const noexcept override;
  bool exponential() const noexcept override { return true; }
  double log_factor() const noexcept override { return log_normaliser_; }
  double largest_log(double length) const noexcept override;
  void features(T* block, Index ld, Index rows, const double* log_amplitude,
                std::int32_t* exponent) const noexcept override;
  void log_features(T* block, Index ld, Index rows) const noexcept override;
  void pull(T* block, Index ld, Index rows, const double* log_amplitude, const T* dphi,
            Index lddphi, T* dp, Index lddp, double* damplitude) const noexcept override;
  void pull_log(const T* dlog, Index ldd, Index rows, T* dp, Index lddp,
                double* damplitude) const noexcept override;

 private:
  Signs signs_;
  Index num_frequencies_;
  double log_normaliser_;
  double longest_frequency_ = 0.0;  ///< of factor w, about
  double largest_offset_ = 0.0;     ///< of the sizes of column offsets
  std::vector<T> ones_;
  /// a |w|^2 and the log of the weight's factor in base 2, padded with zeros; empty where there is
  /// neither
  std::vector<T> column_offset_;
};

}  // namespace bochner::feature_functions
