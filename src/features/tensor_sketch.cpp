// SPDX-License-Identifier: Apache-2.0
#include "features/tensor_sketch_stage.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include "bochner/features/tensor_sketch.hpp"
#include "features/product_sampling.hpp"
#include "features/row_law.hpp"
#include "kernel/power_series.hpp"

namespace bochner::feature_functions {
namespace {

/// Calls body(first, count, offset): columns that are complex numbers, imaginary parts `offset`
/// columns later, or (offset 0) real ones.
template <class Body>
void for_complex_runs(Index num_features, const Body& body) {
  for (const kernels::SketchColumns& columns : kernels::sketch_columns(num_features)) {
    const Index half = columns.count / 2;
    body(columns.first, Index{1}, Index{0});
    if (half > 0) body(columns.first + half, Index{1}, Index{0});
    for_chunks(columns.first + 1, columns.first + half,
               [&](Index first, Index count) { body(first, count, half); });
  }
}

}  // namespace

template <Scalar T>
TensorSketchStage<T>::TensorSketchStage(const FrequencyLaw& law)
    : ProductStage<T>(law.products,
                      {{0, law.num_frequencies, law.products->degree.front(),
                        -0.5 * std::log2(static_cast<double>(law.num_frequencies))}}) {}

template <Scalar T>
double TensorSketchStage<T>::multiply(const Run& run, const T* p, double unit, double scale,
                                      T* out) const noexcept {
  const ProductLayout& layout = this->layout();
  double largest = 0.0;
  for_complex_runs(this->num_features(), [&](Index first, Index count, Index offset) {
    ProductChunk re;
    ProductChunk im{};
    // Parseval counts what is not real twice.
    re.fill(offset == 0 ? scale : scale * std::numbers::sqrt2);
    for (Index level = 0; level < run.degree; ++level) {
      const T* const a = p + layout.start(level) + first;
      const T* const b = a + offset;
      for (Index k = 0; k < count; ++k) {
        const auto at = static_cast<std::size_t>(k);
        const double fr = unit * static_cast<double>(a[k]);
        const double fi = offset == 0 ? 0.0 : unit * static_cast<double>(b[k]);
        const double real = re[at] * fr - im[at] * fi;
        im[at] = re[at] * fi + im[at] * fr;
        re[at] = real;
      }
    }
    for (Index k = 0; k < count; ++k) {
      const auto at = static_cast<std::size_t>(k);
      largest = std::max({largest, std::abs(re[at]), std::abs(im[at])});
      out[first + k] = static_cast<T>(re[at]);
      if (offset != 0) out[first + offset + k] = static_cast<T>(im[at]);
    }
  });
  return largest;
}

template <Scalar T>
void TensorSketchStage<T>::pull_run(const Run& run, const T* p, double unit, double scale,
                                    const T* dphi, T* dp) const noexcept {
  // sum dphi phi = Re(conj(d) phi) for complex phi, with the gradient d conj(other factors).
  const ProductLayout& layout = this->layout();
  for_complex_runs(this->num_features(), [&](Index first, Index count, Index offset) {
    ProductChunk re;
    ProductChunk im{};
    re.fill(1.0);
    const auto factor = [&](Index column) {
      return std::pair{unit * static_cast<double>(p[column]),
                       offset == 0 ? 0.0 : unit * static_cast<double>(p[column + offset])};
    };
    for (Index level = 0; level < run.degree; ++level) {
      for (Index k = 0; k < count; ++k) {
        const auto at = static_cast<std::size_t>(k);
        const Index column = layout.start(level) + first + k;
        dp[column] = static_cast<T>(re[at]);
        if (offset != 0) dp[column + offset] = static_cast<T>(im[at]);
        const auto [fr, fi] = factor(column);
        const double real = re[at] * fr - im[at] * fi;
        im[at] = re[at] * fi + im[at] * fr;
        re[at] = real;
      }
    }
    const double weight = unit * (offset == 0 ? scale : scale * std::numbers::sqrt2);
    for (Index k = 0; k < count; ++k) {  // d, to be multiplied by the conjugates behind a factor
      const auto at = static_cast<std::size_t>(k);
      re[at] = weight * static_cast<double>(dphi[first + k]);
      im[at] = offset == 0 ? 0.0 : weight * static_cast<double>(dphi[first + offset + k]);
    }
    for (Index level = run.degree; level-- > 0;) {
      for (Index k = 0; k < count; ++k) {
        const auto at = static_cast<std::size_t>(k);
        const Index column = layout.start(level) + first + k;
        const double br = static_cast<double>(dp[column]);
        const double bi = offset == 0 ? 0.0 : static_cast<double>(dp[column + offset]);
        dp[column] = static_cast<T>(re[at] * br + im[at] * bi);
        if (offset != 0) dp[column + offset] = static_cast<T>(im[at] * br - re[at] * bi);
        const auto [fr, fi] = factor(column);
        const double real = re[at] * fr + im[at] * fi;
        im[at] = im[at] * fr - re[at] * fi;
        re[at] = real;
      }
    }
  });
}

template class TensorSketchStage<float>;
template class TensorSketchStage<double>;

}  // namespace bochner::feature_functions

namespace bochner {

std::optional<std::string> TensorSketchFeatures::refusal(const SpectralMeasure& spectrum) const {
  if (spectrum.series && spectrum.series->as_power()) return std::nullopt;
  return std::string(name) +
         " features are of the polynomial kernel; others f(x.y) need maclaurin features";
}

StageInput TensorSketchFeatures::stage_input(const StandardForm& /*kernel*/) const { return {}; }

RowLaw TensorSketchFeatures::row_law() const { return {.argument = RowLaw::Argument::product}; }

ProductLayout TensorSketchFeatures::layout(const PowerSeries& series, Index /*dim*/,
                                           Index num_frequencies, Seed /*seed*/) const {
  const Power& power = *series.as_power();
  ProductLayout layout;
  layout.degree.assign(static_cast<std::size_t>(num_frequencies), power.degree);
  layout.last_coordinate = std::sqrt(power.offset);
  layout.arrange();
  return layout;
}

Index TensorSketchFeatures::exact_columns(const PowerSeries& /*series*/, Index /*dim*/) const {
  return 0;
}

ProductSampling TensorSketchFeatures::sampling(const PowerSeries& /*series*/) const {
  return {.sketches = true};
}

template <Scalar T>
std::unique_ptr<const FeatureStage<T>> TensorSketchFeatures::make_stage(
    const FrequencyLaw& law, const std::function<FrequencyNorms()>& /*norms*/) const {
  return std::make_unique<feature_functions::TensorSketchStage<T>>(law);
}

template std::unique_ptr<const FeatureStage<float>> TensorSketchFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;
template std::unique_ptr<const FeatureStage<double>> TensorSketchFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;

}  // namespace bochner
