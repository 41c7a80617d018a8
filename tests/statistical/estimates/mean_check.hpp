// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "estimator/row_law.hpp"
#include "pairs.hpp"
#include "support/statistics.hpp"

#include <bochner/core/registry.hpp>
#include <bochner/estimator/check.hpp>
#include <bochner/estimator/variance.hpp>

#include <variant>
#include <vector>

/// \file
/// Unbiasedness of every map of some kernels.

namespace bochner::testing {

/// The variance of the estimate, or, where coupled frequencies have none in closed form, that of
/// one trigonometric row: more rows never have more.
inline double variance_bound(const FeatureMapSpec& spec, const Pair& pair) {
  if (!estimator::closed_form_gap(spec.kernel, spec.projection)) {
    return kernel_moments(spec, pair.x, pair.y).variance;
  }
  FeatureMapSpec row = spec;
  row.num_frequencies = 1;
  row.projection = IidProjection{};
  return kernel_moments(row, pair.x, pair.y).variance;
}

inline void check_mean(const FeatureMapSpec& spec, const Pair& pair, Index replicates,
                       std::uint64_t seed) {
  const CheckResult result = check_unbiased(
      estimates_of(spec, pair.x, pair.y), evaluate(spec.kernel, pair.x.data(), pair.y.data(), 5),
      variance_bound(spec, pair), {.replicates = replicates, .seed = {seed}});
  INFO(to_text(spec) << ": " << result.sentence);
  check_z(result.measured, result.expected, result.sigma);
}

/// Every exact projection with every feature function, for the kernels that `wanted` is true of.
template <class Predicate>
void check_means(const Predicate& wanted, std::uint64_t seed) {
  for (const Kernel& kernel : all_alternatives<Kernel>()) {
    if (!wanted(kernel)) continue;
    for (const Projection& projection : all_alternatives<Projection>()) {
      if (!std::visit([](const auto& p) { return p.exact_marginal(); }, projection)) continue;
      for (FeatureFunction features : all_alternatives<FeatureFunction>()) {
        if (incompatibility(kernel, projection, features)) continue;
        if (auto* oprf = std::get_if<OprfFeatures>(&features)) oprf->a = -0.07;
        if (auto* oprf = std::get_if<HyperbolicOprfFeatures>(&features)) oprf->a = -0.05;
        const FeatureMapSpec spec = make_spec(5, 7, kernel, projection, features);
        check_mean(spec, dense_pair(5, 1.0, 1.0), 4000, ++seed);
      }
    }
  }
}

}  // namespace bochner::testing
