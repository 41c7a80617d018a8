// SPDX-License-Identifier: Apache-2.0
#include "bochner/features/cosine.hpp"

#include "features/periodic.hpp"
#include "features/row_law.hpp"

namespace bochner {

std::optional<std::string> CosineFeatures::refusal(const SpectralMeasure& spectrum) const {
  return fourier_refusal(name, spectrum);
}

StageInput CosineFeatures::stage_input(const StandardForm& kernel) const {
  return {.frequency_factor = 1.0, .norm_weight = kernel.amplitude};
}

RowLaw CosineFeatures::row_law() const {
  return {.argument = RowLaw::Argument::difference,
          .sides = RowLaw::Sides::both,
          .phase_variance = 0.5};
}

template <Scalar T>
std::unique_ptr<const FeatureStage<T>> CosineFeatures::make_stage(
    const FrequencyLaw& law, const std::function<FrequencyNorms()>& /*norms*/) const {
  return std::make_unique<PhaseStage<T>>(law);
}

template std::unique_ptr<const FeatureStage<float>> CosineFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;
template std::unique_ptr<const FeatureStage<double>> CosineFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;

}  // namespace bochner
