// SPDX-License-Identifier: Apache-2.0
#include "bochner/features/identity.hpp"

#include "features/maclaurin_stage.hpp"
#include "features/product_sampling.hpp"
#include "features/row_law.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace bochner {

void IdentityFeatures::check(const FrequencyLaw& /*law*/) const {}

std::optional<std::string> IdentityFeatures::refusal(const SpectralMeasure& spectrum) const {
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  const bool linear = spectrum.series && spectrum.series->degree() == 1 &&
                      spectrum.series->log_coefficient(0) == kNothing;
  if (linear) return std::nullopt;
  return std::string(name) +
         " features need a kernel that is a multiple of x.y: dot-product(coefficients=[0, 1])";
}

StageInput IdentityFeatures::stage_input(const StandardForm& /*kernel*/) const { return {}; }

RowLaw IdentityFeatures::row_law() const { return {.argument = RowLaw::Argument::product}; }

ProductLayout IdentityFeatures::layout(const PowerSeries& /*series*/, Index /*dim*/,
                                       Index num_frequencies, Seed /*seed*/) const {
  ProductLayout layout;
  layout.degree.assign(static_cast<std::size_t>(num_frequencies), 1);
  layout.num_exact = num_frequencies;
  layout.arrange();
  return layout;
}

Index IdentityFeatures::exact_columns(const PowerSeries& /*series*/, Index /*dim*/) const {
  return 0;
}

ProductSampling IdentityFeatures::sampling(const PowerSeries& /*series*/) const { return {}; }

template <Scalar T>
std::unique_ptr<const FeatureStage<T>> IdentityFeatures::make_stage(
    const FrequencyLaw& law, const std::function<FrequencyNorms()>& /*norms*/) const {
  const double log_weight = 0.5 * std::numbers::log2e * law.spectrum.series->log_coefficient(1);
  return std::make_unique<feature_functions::MaclaurinStage<T>>(
      law.products, std::vector<typename feature_functions::MaclaurinStage<T>::Run>{
                        {0, law.num_frequencies, 1, log_weight}});
}

template std::unique_ptr<const FeatureStage<float>> IdentityFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;
template std::unique_ptr<const FeatureStage<double>> IdentityFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;

}  // namespace bochner
