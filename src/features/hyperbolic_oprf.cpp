// SPDX-License-Identifier: Apache-2.0
#include "bochner/features/hyperbolic_oprf.hpp"

#include "features/exponential.hpp"

namespace bochner {

ExponentialLaw HyperbolicOprfFeatures::exponential_law() const { return {Signs::both, a}; }

}  // namespace bochner
