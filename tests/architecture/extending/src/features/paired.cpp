// SPDX-License-Identifier: Apache-2.0
#include "bochner/features/paired.hpp"

#include "features/periodic.hpp"
#include "features/row_law.hpp"

namespace bochner {

std::optional<std::string> PairedFeatures::refusal(const SpectralMeasure& spectrum) const {
  return fourier_refusal(name, spectrum);
}

StageInput PairedFeatures::stage_input(const StandardForm& kernel) const {
  return {.frequency_factor = 1.0, .norm_weight = kernel.amplitude};
}

RowLaw PairedFeatures::row_law() const { return {}; }

template <Scalar T>
std::unique_ptr<const FeatureStage<T>> PairedFeatures::make_stage(
    const FrequencyLaw& law, const std::function<FrequencyNorms()>& /*norms*/) const {
  return std::make_unique<PairedStage<T>>(law.num_frequencies);
}

template std::unique_ptr<const FeatureStage<float>> PairedFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;
template std::unique_ptr<const FeatureStage<double>> PairedFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;

}  // namespace bochner
