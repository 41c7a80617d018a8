// SPDX-License-Identifier: Apache-2.0
#include "bochner/features/hyperbolic.hpp"

#include "features/exponential.hpp"

namespace bochner {

ExponentialLaw HyperbolicFeatures::exponential_law() const { return {Signs::both, 0.0}; }

}  // namespace bochner
