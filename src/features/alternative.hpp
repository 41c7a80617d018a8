// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/exponential.hpp"
#include "features/product_sampling.hpp"
#include "features/row_law.hpp"
#include "features/stage.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// \file
/// What a feature function in the registry must say about itself, so that an error names what is
/// missing.

namespace bochner::feature_functions {

/// A feature function with a stage of its own. `check` throws InvalidArgument for options out of
/// range; `refusal` says why frequencies of a measure are of no use to it.
template <class F>
concept StagedFeatures = requires(const F& features, const FrequencyLaw& law,
                                  const SpectralMeasure& spectrum, const StandardForm& kernel,
                                  const std::function<FrequencyNorms()>& norms) {
  { features.check(law) } -> std::same_as<void>;
  { features.refusal(spectrum) } -> std::same_as<std::optional<std::string>>;
  { features.stage_input(kernel) } -> std::same_as<StageInput>;
  { features.row_law() } -> std::same_as<RowLaw>;
  {
    features.template make_stage<float>(law, norms)
    } -> std::same_as<std::unique_ptr<const FeatureStage<float>>>;
  {
    features.template make_stage<double>(law, norms)
    } -> std::same_as<std::unique_ptr<const FeatureStage<double>>>;
};

/// Features that are products of projections.
template <class F>
concept ProductFeatures = requires(const F& features, const PowerSeries& series, Index count,
                                   Seed seed) {
  { features.layout(series, count, count, seed) } -> std::same_as<ProductLayout>;
};

/// What they have in addition: columns without error, the law of the others, and whether the first
/// columns of a draw are those of a smaller map.
template <class F>
concept ProductColumns = requires(const F& features, const PowerSeries& series, Index dim) {
  { features.exact_columns(series, dim) } -> std::same_as<Index>;
  { features.sampling(series) } -> std::same_as<ProductSampling>;
  { features.grows() } -> std::same_as<bool>;
};

/// What every feature function has. `partner` names the one projection that goes with it; empty:
/// any that names no partner.
template <class F>
concept FeatureAlternative = requires {
  { F::name } -> std::convertible_to<std::string_view>;
  F::fields();
  { F::partner } -> std::convertible_to<std::string_view>;
  { F::features_per_frequency } -> std::convertible_to<Index>;
};

/// Fails to compile, naming what is missing, unless the feature function is complete.
template <class F>
constexpr bool is_complete() {
  static_assert(std::equality_comparable<F>);
  static_assert(FeatureAlternative<F>);
  if constexpr (!ExponentialFeatures<F>) {
    static_assert(StagedFeatures<F>, "without an exponential_law, features have a stage");
  }
  if constexpr (ProductFeatures<F>) static_assert(ProductColumns<F>);
  return true;
}

template <class... F>
constexpr bool all_complete(const std::variant<F...>* /*type*/) {
  return (is_complete<F>() && ...);
}

}  // namespace bochner::feature_functions
