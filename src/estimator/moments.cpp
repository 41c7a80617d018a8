// SPDX-License-Identifier: Apache-2.0
#include "estimator/moments.hpp"

#include "estimator/direct_moments.hpp"
#include "estimator/pair_moments.hpp"
#include "estimator/product_moments.hpp"
#include "features/stage.hpp"

namespace bochner::estimator {

std::unique_ptr<const Moments> moments_of(const Door& door, const FeatureMapSpec& spec) {
  validate(spec);
  if (multiplies(spec.features)) return std::make_unique<ProductMoments>(door, spec);
  if (has_direct_moments(spec)) return std::make_unique<DirectMoments>(spec);
  return std::make_unique<PairMoments>(door, spec);
}

}  // namespace bochner::estimator
