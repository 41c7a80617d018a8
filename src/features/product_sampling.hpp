// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// How the columns of a product of projections are drawn: what their variance depends on.

namespace bochner {

struct ProductSampling {
  Index first_random =
      0;                ///< the lowest degree of random columns; what is below has none or is exact
  double radius = 1.0;  ///< degree n has a probability proportional to a_n radius^(2n)
  bool sketches = false;  ///< every column has the one degree of a power, as a TensorSketch
};

}  // namespace bochner
