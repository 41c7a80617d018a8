// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

/// \file
/// How the columns of a product of projections are drawn: what their variance depends on.

namespace bochner {

struct ProductSampling {
  /// The lowest degree of random columns; lower ones are exact or absent.
  Index first_random = 0;
  double radius = 1.0;    ///< degree n has a probability proportional to a_n radius^(2n)
  bool sketches = false;  ///< every column has the degree of the power, as in a TensorSketch
};

}  // namespace bochner
