// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// phi(x) = sqrt(c) A x for the kernel c (A x).(A y): rows that are features already, of a map that
/// was learned or computed elsewhere (Hedgehog, cosFormer), go through attention, its state and
/// gradient, regression and Gram matrices as any other. `DotProductKernel{{0, 1}}` takes them as
/// they are; num_frequencies is input_dim. That kernel is computed, not estimated; for what the
/// rows themselves estimate, errors are taken from the coordinates as if these were independent
/// draws, and predictions are refused. Rows with negative coordinates may give attention
/// normalisers that are not positive, which it counts.
struct IdentityFeatures {
  static constexpr std::string_view name = "identity";
  static constexpr Index features_per_frequency = 1;
  static constexpr auto fields() { return std::tuple{}; }

  // What a feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "coordinates";
  void check(const FrequencyLaw& law) const;
  std::optional<std::string> refusal(const SpectralMeasure& spectrum) const;
  StageInput stage_input(const StandardForm& kernel) const;
  RowLaw row_law() const;
  template <Scalar T>
  std::unique_ptr<const FeatureStage<T>> make_stage(
      const FrequencyLaw& law, const std::function<FrequencyNorms()>& norms) const;
  ProductLayout layout(const PowerSeries& series, Index dim, Index num_frequencies,
                       Seed seed) const;
  Index exact_columns(const PowerSeries& series, Index dim) const;
  ProductSampling sampling(const PowerSeries& series) const;
  bool grows() const { return false; }

  friend bool operator==(const IdentityFeatures&, const IdentityFeatures&) = default;
};

}  // namespace bochner
