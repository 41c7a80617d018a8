// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/inverse_multiquadric.hpp"

#include "kernel/spectral_measure.hpp"

#include <cmath>

namespace bochner {

SpectralMeasure InverseMultiquadricKernel::spectral_measure() const {
  return {GammaScale{.shape = 0.5, .factor = 2.0}};
}

void InverseMultiquadricKernel::profile(const double* square, double* out, Index count) const {
  for (Index j = 0; j < count; ++j) out[j] = 1.0 / std::sqrt(1.0 + square[j]);
}

}  // namespace bochner
