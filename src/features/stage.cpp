// SPDX-License-Identifier: Apache-2.0
#include "features/stage.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"
#include "features/exponential.hpp"
#include "features/maclaurin.hpp"
#include "features/periodic.hpp"
#include "features/rectified.hpp"
#include "features/tensor_sketch.hpp"

#include <cmath>
#include <concepts>
#include <numbers>

namespace bochner {

template <Scalar T>
void FeatureStage<T>::log_features(T* /*block*/, Index /*ld*/, Index /*rows*/) const noexcept {}

template <Scalar T>
void FeatureStage<T>::pull_log(const T* /*dlog*/, Index /*ldd*/, Index /*rows*/, T* /*dp*/,
                               Index /*lddp*/, double* /*damplitude*/) const noexcept {}

namespace {

/// Degrees of the exponential are up to some 500 there.
constexpr double kLargestRadius = 16.0;

template <class F>
void validate_alternative(const F& features) {
  if constexpr (ExponentialFeatures<F>) {
    const double a = exponential_law(features).a;
    if (!(a < 0.125) || !std::isfinite(a)) {
      throw InvalidArgument(
          std::string(F::name) + ": a is " + text::number(a) +
          ", expected a finite number below 1/8 (from there on the features have " +
          "infinite variance)");
    }
  }
  if constexpr (std::same_as<F, MaclaurinFeatures>) {
    if (!(features.radius > 0.0 && features.radius <= kLargestRadius)) {
      throw InvalidArgument("maclaurin: radius is " + text::number(features.radius) +
                            ", expected a positive number up to " + text::number(kLargestRadius));
    }
  }
}

}  // namespace

void validate(const FeatureFunction& features) {
  std::visit([](const auto& f) { validate_alternative(f); }, features);
}

std::optional<std::string> incompatibility_of(const SpectralMeasure& spectrum,
                                              const FeatureFunction& features) {
  return std::visit(
      [&]<class F>(const F&) -> std::optional<std::string> {
        if constexpr (std::same_as<F, MaclaurinFeatures>) {
          if (spectrum.series) return std::nullopt;
          return std::string(F::name) +
                 " features need a kernel f(x.y): polynomial, dot-product or softmax";
        }
        if constexpr (std::same_as<F, TensorSketchFeatures>) {
          if (spectrum.series && spectrum.series->as_power()) return std::nullopt;
          return std::string(F::name) +
                 " features are of the polynomial kernel; others f(x.y) need maclaurin features";
        }
        if (!spectrum.refusal.empty()) return spectrum.refusal;
        constexpr bool kRectified = std::same_as<F, RectifiedFeatures>;
        if (kRectified && !spectrum.rectifier) {
          return std::string(F::name) +
                 " features need a kernel that brings its rectifier: arc-cosine or angular";
        }
        if (!kRectified && spectrum.rectifier) {
          return std::string(F::name) +
                 " features are of kernels that are Fourier transforms (and softmax); this one "
                 "needs rectified features";
        }
        if (ExponentialFeatures<F> && !is_normal(spectrum)) {
          return std::string(F::name) +
                 " features need a kernel whose frequencies are normal: gaussian or softmax";
        }
        return std::nullopt;
      },
      features);
}

StageInput stage_input(const FeatureFunction& features, const StandardForm& kernel) {
  return std::visit(
      [&]<class F>(const F& f) -> StageInput {
        if constexpr (ExponentialFeatures<F>) {
          // E exp(w.(x + y)) = exp(|x|^2 / 2 + x.y + |y|^2 / 2), and kappa is exp(x.y - |x|^2 / 2 -
          // |y|^2 / 2): two squares to take away on each side.
          return {
              .frequency_factor = std::numbers::log2e * std::sqrt(1.0 - 4.0 * exponential_law(f).a),
              .norm_weight = kernel.amplitude - 2.0};
        } else if constexpr (std::same_as<F, RectifiedFeatures>) {
          return {.length_weight = 1.0};
        } else if constexpr (std::same_as<F, MaclaurinFeatures> ||
                             std::same_as<F, TensorSketchFeatures>) {
          return {};
        } else {
          return {.frequency_factor = 1.0, .norm_weight = kernel.amplitude};
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
        if constexpr (ExponentialFeatures<F>) {
          const ExponentialLaw exponential = exponential_law(f);
          const bool weighs = exponential.a != 0.0;
          return std::make_unique<ExponentialStage<T>>(
              exponential, weighs ? norms() : FrequencyNorms{.squared = {}, .ambient_dim = law.dim},
              law.num_frequencies);
        } else {
          return make_stage<T>(f, law);
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
