// SPDX-License-Identifier: Apache-2.0
#include "features/maclaurin_stage.hpp"

#include "bochner/features/maclaurin.hpp"
#include "core/door.hpp"
#include "core/text.hpp"
#include "features/degrees.hpp"
#include "features/product_sampling.hpp"
#include "features/row_law.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

namespace bochner::feature_functions {
namespace {

/// Degrees of the exponential are up to some 500 there.
constexpr double kLargestRadius = 16.0;

/// log2 of the factor of each column's product, in the layout's order.
std::vector<double> log_weights(const MaclaurinFeatures& features, const FrequencyLaw& law) {
  const PowerSeries& series = *law.spectrum.series;
  const ProductLayout& layout = *law.products;
  const Index first_random = exact_split(features.exact, series).first_random;
  const double log_radius = std::log(features.radius);
  const auto random = static_cast<double>(law.num_frequencies - layout.num_exact);
  // sqrt(a_N / P(N)) with P(N) = a_N radius^(2N) / f(radius^2), f what is left of the series.
  const double log_mass =
      series.log_tail(first_random, features.radius * features.radius) - std::log(random);
  std::vector<double> out;
  for (const Index feature : layout.order) {
    const Index n = layout.degree[static_cast<std::size_t>(feature)];
    const double log_weight = feature < layout.num_exact
                                  ? 0.5 * series.log_coefficient(n)
                                  : 0.5 * log_mass - static_cast<double>(n) * log_radius;
    out.push_back(log_weight * std::numbers::log2e);
  }
  return out;
}

template <class Run>
std::vector<Run> runs_of(const ProductLayout& layout, const std::vector<double>& weights) {
  std::vector<Run> runs;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const auto at = static_cast<Index>(k);
    const Index degree = layout.degree[static_cast<std::size_t>(layout.order[k])];
    if (!runs.empty() && runs.back().degree == degree && runs.back().log_weight == weights[k]) {
      runs.back().last = at + 1;
    } else {
      runs.push_back({at, at + 1, degree, weights[k]});
    }
  }
  return runs;
}

}  // namespace

template <Scalar T>
MaclaurinStage<T>::MaclaurinStage(const MaclaurinFeatures& features, const FrequencyLaw& law)
    : ProductStage<T>(law.products, runs_of<Run>(*law.products, log_weights(features, law))) {}

template <Scalar T>
double MaclaurinStage<T>::multiply(const Run& run, const T* p, double unit, double scale,
                                   T* out) const noexcept {
  const ProductLayout& layout = this->layout();
  double largest = 0.0;
  for_chunks(run.first, run.last, [&](Index first, Index count) {
    ProductChunk product;
    product.fill(scale);
    for (Index level = 0; level < run.degree; ++level) {
      const T* const factor = p + layout.start(level) + first;
      for (Index k = 0; k < count; ++k) {
        product[static_cast<std::size_t>(k)] *= unit * static_cast<double>(factor[k]);
      }
    }
    for (Index k = 0; k < count; ++k) {
      const double value = product[static_cast<std::size_t>(k)];
      largest = std::max(largest, std::abs(value));
      out[layout.order[static_cast<std::size_t>(first + k)]] = static_cast<T>(value);
    }
  });
  return largest;
}

template <Scalar T>
void MaclaurinStage<T>::pull_run(const Run& run, const T* p, double unit, double scale,
                                 const T* dphi, T* dp) const noexcept {
  const ProductLayout& layout = this->layout();
  for_chunks(run.first, run.last, [&](Index first, Index count) {
    // What is before a factor waits in its cotangent for what is behind it.
    ProductChunk product;
    product.fill(1.0);
    for (Index level = 0; level < run.degree; ++level) {
      const Index column = layout.start(level) + first;
      for (Index k = 0; k < count; ++k) {
        double& before = product[static_cast<std::size_t>(k)];
        dp[column + k] = static_cast<T>(before);
        before *= unit * static_cast<double>(p[column + k]);
      }
    }
    for (Index k = 0; k < count; ++k) {
      const Index feature = layout.order[static_cast<std::size_t>(first + k)];
      product[static_cast<std::size_t>(k)] = scale * unit * static_cast<double>(dphi[feature]);
    }
    for (Index level = run.degree; level-- > 0;) {
      const Index column = layout.start(level) + first;
      for (Index k = 0; k < count; ++k) {
        double& behind = product[static_cast<std::size_t>(k)];
        dp[column + k] = static_cast<T>(behind * static_cast<double>(dp[column + k]));
        behind *= unit * static_cast<double>(p[column + k]);
      }
    }
  });
}

template class MaclaurinStage<float>;
template class MaclaurinStage<double>;

}  // namespace bochner::feature_functions

namespace bochner {

void MaclaurinFeatures::check(const FrequencyLaw& law) const {
  const Door door(name);
  if (!(radius > 0.0 && radius <= feature_functions::kLargestRadius)) {
    door.refuse("radius", text::number(radius),
                "a positive number up to " + text::number(feature_functions::kLargestRadius));
  }
  const Index columns = exact_columns(*law.spectrum.series, law.dim);
  if (law.num_frequencies > columns) return;
  door.refuse("num_frequencies", std::to_string(law.num_frequencies),
              "more than " + std::to_string(columns) + " (the columns of the exact terms)");
}

std::optional<std::string> MaclaurinFeatures::refusal(const SpectralMeasure& spectrum) const {
  if (spectrum.series) return std::nullopt;
  return std::string(name) + " features need a kernel f(x.y): polynomial, dot-product or softmax";
}

StageInput MaclaurinFeatures::stage_input(const StandardForm& /*kernel*/) const { return {}; }

RowLaw MaclaurinFeatures::row_law() const { return {.argument = RowLaw::Argument::product}; }

ProductLayout MaclaurinFeatures::layout(const PowerSeries& series, Index dim, Index num_frequencies,
                                        Seed seed) const {
  const feature_functions::ExactSplit split = feature_functions::exact_split(exact, series);
  ProductLayout layout;
  layout.num_exact = split.columns(dim);
  if (split.constant) layout.degree.push_back(0);
  if (split.linear) layout.degree.insert(layout.degree.end(), static_cast<std::size_t>(dim), 1);
  const std::vector<double> law = feature_functions::degree_law(series, split.first_random, radius);
  for (Index j = layout.num_exact; j < num_frequencies; ++j) {
    const double u = Stream(seed, Purpose::degrees, static_cast<std::uint64_t>(j)).uniform(0);
    const auto drawn = std::upper_bound(law.begin(), law.end(), u) - law.begin();
    layout.degree.push_back(law.empty() ? 0 : split.first_random + drawn);
  }
  layout.arrange();
  return layout;
}

Index MaclaurinFeatures::exact_columns(const PowerSeries& series, Index dim) const {
  return feature_functions::exact_split(exact, series).columns(dim);
}

ProductSampling MaclaurinFeatures::sampling(const PowerSeries& series) const {
  return {.first_random = feature_functions::exact_split(exact, series).first_random,
          .radius = radius};
}

template <Scalar T>
std::unique_ptr<const FeatureStage<T>> MaclaurinFeatures::make_stage(
    const FrequencyLaw& law, const std::function<FrequencyNorms()>& /*norms*/) const {
  return std::make_unique<feature_functions::MaclaurinStage<T>>(*this, law);
}

template std::unique_ptr<const FeatureStage<float>> MaclaurinFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;
template std::unique_ptr<const FeatureStage<double>> MaclaurinFeatures::make_stage(
    const FrequencyLaw&, const std::function<FrequencyNorms()>&) const;

}  // namespace bochner
