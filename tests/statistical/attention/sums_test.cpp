// SPDX-License-Identifier: Apache-2.0
#include "support/statistics.hpp"

#include <bochner/core/registry.hpp>
#include <bochner/estimator/variance.hpp>
#include <bochner/feature_map.hpp>

#include <cmath>
#include <cstdint>
#include <variant>
#include <vector>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 5;
constexpr Index kKeys = 6;
constexpr int kDraws = 1500;

/// One query, some keys, and the weights that they are summed with: values, or ones.
struct Sums {
  std::vector<double> query = std::vector<double>(kDim);
  Matrix<double> keys{kKeys, kDim};
  std::vector<double> values = std::vector<double>(kKeys);

  Sums() {
    const Stream stream({6}, Purpose::study);
    for (std::size_t c = 0; c < query.size(); ++c) query[c] = 0.3 * stream.normal(c);
    stream.normals(100, {keys.data(), kKeys * kDim});
    for (Index e = 0; e < keys.size(); ++e) keys.data()[e] *= 0.3;
    for (std::size_t j = 0; j < values.size(); ++j) values[j] = stream.normal(200 + j);
  }
  std::span<const double> key(Index j) const { return {keys.row(j), kDim}; }
};

/// sum_j v_j phi(q).phi(k_j) and sum_j phi(q).phi(k_j).
struct Pair {
  double numerator = 0.0;
  double denominator = 0.0;
};

Pair estimate(const FeatureMapSpec& spec, const Sums& sums) {
  const FeatureMap<double> map(spec);
  Matrix<double> phi(1, map.num_features());
  Matrix<double> psi(kKeys, map.num_features());
  std::int32_t a = 0;
  std::vector<std::int32_t> b(kKeys);
  map.apply(Side::query, {sums.query.data(), 1, kDim}, {phi.view(), {&a, 1}});
  map.apply(Side::key, sums.keys.view(), {psi.view(), b});
  Pair out;
  for (Index j = 0; j < kKeys; ++j) {
    const auto at = static_cast<std::size_t>(j);
    double product = 0.0;
    for (Index f = 0; f < phi.cols(); ++f) product += phi(0, f) * psi(j, f);
    product = std::ldexp(product, a + b[at]);
    out.denominator += product;
    out.numerator += sums.values[at] * product;
  }
  return out;
}

struct Law {
  double mean = 0.0;
  double deviation = 0.0;  ///< at most: the deviations of the terms, added up
};

Law law_of(const FeatureMapSpec& spec, const Sums& sums, const std::vector<double>& weights) {
  Law law;
  for (Index j = 0; j < kKeys; ++j) {
    const KernelMoments moments = kernel_moments(spec, sums.query, sums.key(j));
    const double weight = weights[static_cast<std::size_t>(j)];
    law.mean += weight * moments.exact;
    law.deviation += std::abs(weight) * std::sqrt(moments.variance);
  }
  return law;
}

Pair mean_estimate(FeatureMapSpec spec, const Sums& sums) {
  Pair mean;
  for (int r = 0; r < kDraws; ++r) {
    spec.seed = derive_seed({9}, static_cast<std::uint64_t>(r));
    const Pair draw = estimate(spec, sums);
    mean.numerator += draw.numerator / kDraws;
    mean.denominator += draw.denominator / kDraws;
  }
  return mean;
}

double sigma_of(const Law& law) { return law.deviation / std::sqrt(double{kDraws}); }

}  // namespace

TEST_CASE("numerators and denominators of attention are unbiased for every unbiased map",
          "[attention]") {
  const Sums sums;
  const std::vector<double> ones(kKeys, 1.0);
  int maps = 0;
  for (const Projection& projection : all_alternatives<Projection>()) {
    if (!std::visit([](const auto& p) { return p.exact_marginal(); }, projection)) continue;
    if (std::holds_alternative<SobolProjection>(projection)) continue;  // no variance to test with
    for (FeatureFunction features : all_alternatives<FeatureFunction>()) {
      if (incompatibility(SoftmaxKernel{}, projection, features)) continue;
      if (auto* oprf = std::get_if<OprfFeatures>(&features)) oprf->a = -0.07;
      if (auto* oprf = std::get_if<HyperbolicOprfFeatures>(&features)) oprf->a = -0.05;
      const FeatureMapSpec spec{.input_dim = kDim,
                                .num_frequencies = 7,
                                .kernel = SoftmaxKernel{1.5},
                                .projection = projection,
                                .features = features,
                                .seed = {},
                                .transform = {}};
      INFO(to_text(spec));
      const Pair measured = mean_estimate(spec, sums);
      const Law numerator = law_of(spec, sums, sums.values);
      const Law denominator = law_of(spec, sums, ones);
      check_z(measured.numerator, numerator.mean, sigma_of(numerator));
      check_z(measured.denominator, denominator.mean, sigma_of(denominator));
      ++maps;
    }
  }
  CHECK(maps >= 20);
}

TEST_CASE("a padded key that is zero before the map is caught in the denominator", "[attention]") {
  // The wrong variant of public code: phi(0) is not zero.
  Sums sums;
  for (Index c = 0; c < kDim; ++c) sums.keys(kKeys - 1, c) = 0.0;
  std::vector<double> live(kKeys, 1.0);
  live.back() = 0.0;
  for (const FeatureFunction& features :
       {FeatureFunction(PositiveFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMapSpec spec{.input_dim = kDim,
                              .num_frequencies = 7,
                              .kernel = SoftmaxKernel{1.0},
                              .projection = OrthogonalProjection{},
                              .features = features,
                              .seed = {},
                              .transform = {}};
    const Law law = law_of(spec, sums, live);
    caught_z(mean_estimate(spec, sums).denominator, law.mean, sigma_of(law));
  }
}
