// SPDX-License-Identifier: Apache-2.0
#include "bochner/features/oprf.hpp"

#include "features/exponential.hpp"

namespace bochner {

ExponentialLaw OprfFeatures::exponential_law() const { return {Signs::plus, a}; }

}  // namespace bochner
