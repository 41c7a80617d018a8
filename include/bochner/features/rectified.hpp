// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// Rectified features phi(x) = f(w.x) / sqrt(m) of a kernel E f(w.x) f(w.y): the arc-cosine kernels
/// and the angular one bring their f, a step, a rectified power or a sign, plus a constant
/// [ChoSaul09]. The gradient of a step is 0.
struct RectifiedFeatures {
  static constexpr std::string_view name = "rectified";
  static constexpr Index features_per_frequency = 1;
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

  friend bool operator==(const RectifiedFeatures&, const RectifiedFeatures&) = default;
};

}  // namespace bochner
