// SPDX-License-Identifier: Apache-2.0
#include "features/stage.hpp"

#include "features/alternative.hpp"
#include "features/weighted_stage.hpp"

#include <utility>

namespace bochner {
namespace {

static_assert(feature_functions::all_complete(static_cast<const FeatureFunction*>(nullptr)));

}  // namespace

template <Scalar T>
void FeatureStage<T>::log_features(T* /*block*/, Index /*ld*/, Index /*rows*/) const noexcept {}

template <Scalar T>
void FeatureStage<T>::pull_log(const T* /*dlog*/, Index /*ldd*/, Index /*rows*/, T* /*dp*/,
                               Index /*lddp*/, double* /*damplitude*/) const noexcept {}

bool multiplies(const FeatureFunction& features) {
  return std::visit([]<class F>(const F&) { return feature_functions::ProductFeatures<F>; },
                    features);
}

Index exact_columns(const FeatureFunction& features, const PowerSeries& series, Index dim) {
  return std::visit(
      [&]<class F>(const F& f) -> Index {
        if constexpr (feature_functions::ProductFeatures<F>) {
          return f.exact_columns(series, dim);
        } else {
          return 0;
        }
      },
      features);
}

ProductSampling product_sampling(const FeatureFunction& features, const PowerSeries& series) {
  return std::visit(
      [&]<class F>(const F& f) -> ProductSampling {
        if constexpr (feature_functions::ProductFeatures<F>) {
          return f.sampling(series);
        } else {
          return {};
        }
      },
      features);
}

bool grows(const FeatureFunction& features) {
  return std::visit(
      []<class F>(const F& f) {
        if constexpr (feature_functions::ProductFeatures<F>) {
          return f.grows();
        } else {
          return true;
        }
      },
      features);
}

std::shared_ptr<const ProductLayout> product_layout(const FeatureFunction& features,
                                                    const PowerSeries* series, Index dim,
                                                    Index num_frequencies, Seed seed) {
  return std::visit(
      [&]<class F>(const F& f) -> std::shared_ptr<const ProductLayout> {
        if constexpr (feature_functions::ProductFeatures<F>) {
          return std::make_shared<const ProductLayout>(
              f.layout(*series, dim, num_frequencies, seed));
        } else {
          return nullptr;
        }
      },
      features);
}

void check(const FeatureFunction& features, const FrequencyLaw& law) {
  std::visit(
      [&]<class F>(const F& f) {
        if constexpr (feature_functions::ExponentialFeatures<F>) {
          feature_functions::check_exponential(F::name, f.exponential_law(), law.dim);
        } else {
          f.check(law);
        }
      },
      features);
}

std::optional<std::string> incompatibility_of(const SpectralMeasure& spectrum,
                                              const FeatureFunction& features) {
  return std::visit(
      [&]<class F>(const F& f) -> std::optional<std::string> {
        if constexpr (feature_functions::ExponentialFeatures<F>) {
          return feature_functions::exponential_refusal(F::name, spectrum);
        } else {
          return f.refusal(spectrum);
        }
      },
      features);
}

std::optional<std::string> fourier_refusal(std::string_view name, const SpectralMeasure& spectrum) {
  if (spectrum.refusal()) return *spectrum.refusal();
  if (!spectrum.rectifier()) return std::nullopt;
  return std::string(name) +
         " features are of kernels that are Fourier transforms (and softmax); this one needs "
         "rectified features";
}

StageInput stage_input(const FeatureFunction& features, const StandardForm& kernel) {
  return std::visit(
      [&]<class F>(const F& f) {
        if constexpr (feature_functions::ExponentialFeatures<F>) {
          return feature_functions::exponential_input(f.exponential_law(), kernel);
        } else {
          return f.stage_input(kernel);
        }
      },
      features);
}

template <Scalar T>
std::unique_ptr<const FeatureStage<T>> make_stage(const FeatureFunction& features,
                                                  const FrequencyLaw& law,
                                                  const std::function<FrequencyNorms()>& norms) {
  return std::visit(
      [&]<class F>(const F& f) -> std::unique_ptr<const FeatureStage<T>> {
        if constexpr (feature_functions::ExponentialFeatures<F>) {
          const ExponentialLaw exponential = f.exponential_law();
          const bool weighs = exponential.weighs();
          return std::make_unique<feature_functions::ExponentialStage<T>>(
              exponential, weighs ? norms() : FrequencyNorms{.squared = {}, .ambient_dim = law.dim},
              law);
        } else {
          auto stage = f.template make_stage<T>(law, norms);
          if (law.weights.empty()) return stage;
          return std::make_unique<feature_functions::WeightedStage<T>>(std::move(stage),
                                                                       law.weights);
        }
      },
      features);
}

template class FeatureStage<float>;
template class FeatureStage<double>;
template std::unique_ptr<const FeatureStage<float>> make_stage<float>(
    const FeatureFunction&, const FrequencyLaw&, const std::function<FrequencyNorms()>&);
template std::unique_ptr<const FeatureStage<double>> make_stage<double>(
    const FeatureFunction&, const FrequencyLaw&, const std::function<FrequencyNorms()>&);

}  // namespace bochner
