// SPDX-License-Identifier: Apache-2.0
#include "bochner/features/positive.hpp"

#include "features/exponential.hpp"

namespace bochner {

ExponentialLaw PositiveFeatures::exponential_law() const { return {Signs::plus, 0.0}; }

}  // namespace bochner
