// SPDX-License-Identifier: Apache-2.0
#include "bochner/features/trigonometric.hpp"

#include "features/periodic.hpp"
#include "features/row_law.hpp"

namespace bochner {

std::optional<std::string> TrigonometricFeatures::refusal(const SpectralMeasure& spectrum) const {
  return fourier_refusal(name, spectrum);
}

StageInput TrigonometricFeatures::stage_input(const StandardForm& kernel) const {
  return {.frequency_factor = 1.0, .norm_weight = kernel.amplitude};
}

RowLaw TrigonometricFeatures::row_law() const {
  return {.argument = RowLaw::Argument::difference, .sides = RowLaw::Sides::both};
}

template <Scalar T>
std::unique_ptr<const FeatureStage<T>> TrigonometricFeatures::make_stage(
    const FrequencyLaw& law, const std::function<FrequencyNorms()>& /*norms*/) const {
  return std::make_unique<PairedStage<T>>(law.num_frequencies);
}

template std::unique_ptr<const FeatureStage<float>> TrigonometricFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;
template std::unique_ptr<const FeatureStage<double>> TrigonometricFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;

}  // namespace bochner
