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
  paired,    ///< as sampled, each row's own; but of rows 2i and 2i + 1 of a block one norm is as
             ///< far up in the chi law as the other is down, F(r1) + F(r2) = 1 [Reid24]: unbiased
};

/// Names of the values, in order.
constexpr std::array<std::string_view, 3> names_of(Radii) {
  return {"sampled", "constant", "paired"};
}

}  // namespace bochner
