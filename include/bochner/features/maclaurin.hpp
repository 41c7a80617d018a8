// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/features/parts.hpp>

#include <array>
#include <string_view>
#include <tuple>

namespace bochner {

/// Which terms of a dot-product kernel have columns of their own, without error.
enum class ExactTerms {
  none,
  constant,  ///< a_0: one column
  linear,    ///< a_0 and a_1 x.y: 1 + input_dim columns (none for a term that the kernel lacks)
};

constexpr std::array<std::string_view, 3> names_of(ExactTerms) {
  return {"none", "constant", "linear"};
}

/// Random Maclaurin features [KarKarnick12] of a kernel f(x.y) = sum_n a_n (x.y)^n, inputs after
/// the kernel's metric: column j draws a degree N with probability proportional to a_N radius^(2N)
/// and is sqrt(a_N / (m P(N))) prod_{i <= N} w_i.x, rows w_i of independent signs
/// (`RademacherProjection`). The variance of one column is f(r) f(t / r) - f(x.y)^2 with r =
/// radius^2 and t = |x|^2 |y|^2 + 2 (x.y)^2 - 2 sum_l x_l^2 y_l^2, least at r = sqrt(t); with exact
/// terms f loses them and m their columns, of which there must be fewer than num_frequencies.
struct MaclaurinFeatures {
  static constexpr std::string_view name = "maclaurin";
  double radius = 1.0;  ///< in (0, 16], a typical |x|; see `optimal_maclaurin_radius`
  ExactTerms exact = ExactTerms::none;
  static constexpr Index features_per_frequency = 1;
  static constexpr auto fields() {
    return std::tuple{Field{"radius", &MaclaurinFeatures::radius},
                      Field{"exact", &MaclaurinFeatures::exact}};
  }

  // What a feature function says of itself (docs/extending).
  static constexpr std::string_view partner = "rademacher";
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
  bool grows() const { return exact == ExactTerms::none; }

  friend bool operator==(const MaclaurinFeatures&, const MaclaurinFeatures&) = default;
};

}  // namespace bochner
