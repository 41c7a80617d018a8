// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/cauchy.hpp"

#include "kernel/radial.hpp"

namespace bochner {

void CauchyKernel::check_options() const {}

SpectralMeasure CauchyKernel::spectral_measure() const {
  return {GammaScale{.shape = 1.0, .factor = 2.0}};
}

void CauchyKernel::profile(const double* square, double* out, Index count) const {
  for (Index j = 0; j < count; ++j) out[j] = 1.0 / (1.0 + square[j]);
}

}  // namespace bochner
