// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Random-phase Fourier features phi(x) = a(x) sqrt(2 / m) cos(w.x + u), u uniform on [0, 2 pi) and
/// independent for each frequency [Rahimi07]; a(x) as for the paired ones.
struct CosineFeatures {
  static constexpr std::string_view name = "cosine";
  static constexpr Index features_per_frequency = 1;
  static constexpr auto fields() { return std::tuple{}; }

  // What a feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "";
  static constexpr bool has_phases = true;
  void check(const FrequencyLaw& /*law*/) const {}
  std::optional<std::string> refusal(const SpectralMeasure& spectrum) const;
  StageInput stage_input(const StandardForm& kernel) const;
  RowLaw row_law() const;
  template <Scalar T>
  std::unique_ptr<const FeatureStage<T>> make_stage(
      const FrequencyLaw& law, const std::function<FrequencyNorms()>& norms) const;

  friend bool operator==(const CosineFeatures&, const CosineFeatures&) = default;
};

}  // namespace bochner
