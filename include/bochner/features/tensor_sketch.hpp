// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <string_view>
#include <tuple>

namespace bochner {

/// TensorSketch [PhamPagh13] of a polynomial kernel: the circular convolution of `degree`
/// independent count sketches of (x, sqrt(offset)), left in the Fourier domain, where convolving is
/// multiplying and inner products are the same. Columns are the real and imaginary parts. One
/// sketch for each power of two in num_frequencies, so that powers of two are best.
struct TensorSketchFeatures {
  static constexpr std::string_view name = "tensor-sketch";
  static constexpr Index features_per_frequency = 1;
  static constexpr auto fields() { return std::tuple{}; }

  // What a feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "count-sketch";
  void check(const FrequencyLaw& /*law*/) const {}
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
  static constexpr bool grows() { return false; }

  friend bool operator==(const TensorSketchFeatures&, const TensorSketchFeatures&) = default;
};

}  // namespace bochner
