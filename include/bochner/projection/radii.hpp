// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace bochner {

/// The law of the norms of orthogonal frequencies.
enum class Radii {
  sampled,   ///< independent, as the spectral measure has them (chi(d) for the Gaussian): unbiased
  constant,  ///< sqrt(d), the "regularised" estimator of [Choromanski21]: biased, of bounded
             ///< variance
};

/// Names of the values, in order.
constexpr std::array<std::string_view, 2> names_of(Radii) { return {"sampled", "constant"}; }

}  // namespace bochner
