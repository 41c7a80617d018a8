// SPDX-License-Identifier: Apache-2.0
#include "kernel/laplacian.hpp"

#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void check_options(const LaplacianKernel& /*kernel*/) {}

SpectralMeasure spectral_measure(const LaplacianKernel& /*kernel*/) {
  return {InverseGammaScale{.shape = 0.5, .factor = 0.5}};
}

void profile(const LaplacianKernel& /*kernel*/, const double* square, double* out, Index count) {
  for (Index j = 0; j < count; ++j) out[j] = -std::sqrt(square[j]);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
