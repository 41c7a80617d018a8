// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/laplacian.hpp"

#include "kernel/radial.hpp"
#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void LaplacianKernel::check_options() const {}

SpectralMeasure LaplacianKernel::spectral_measure() const {
  return {InverseGammaScale{.shape = 0.5, .factor = 0.5}};
}

void LaplacianKernel::profile(const double* square, double* out, Index count) const {
  for (Index j = 0; j < count; ++j) out[j] = -std::sqrt(square[j]);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
