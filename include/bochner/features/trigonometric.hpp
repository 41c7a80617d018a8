// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Paired random Fourier features phi(x) = a(x) [cos w.x, sin w.x] / sqrt(m), cosines first
/// [Rahimi07, Sutherland15]; a(x) = exp(|x|^2 / 2) for the softmax kernel, 1 for shift-invariant
/// ones.
struct TrigonometricFeatures {
  static constexpr std::string_view name = "trigonometric";
  static constexpr Index features_per_frequency = 2;
  static constexpr auto fields() { return std::tuple{}; }

  // What a feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "";
  void check(const FrequencyLaw& /*law*/) const {}
  std::optional<std::string> refusal(const SpectralMeasure& spectrum) const;
  StageInput stage_input(const StandardForm& kernel) const;
  RowLaw row_law() const;
  template <Scalar T>
  std::unique_ptr<const FeatureStage<T>> make_stage(
      const FrequencyLaw& law, const std::function<FrequencyNorms()>& norms) const;

  friend bool operator==(const TrigonometricFeatures&, const TrigonometricFeatures&) = default;
};

}  // namespace bochner
