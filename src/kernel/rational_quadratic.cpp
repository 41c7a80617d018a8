// SPDX-License-Identifier: Apache-2.0
#include "kernel/rational_quadratic.hpp"

#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void check_options(const RationalQuadraticKernel& kernel) {
  // Above, 1 / (2 alpha) underflows; below, its inverse overflows.
  check_range(RationalQuadraticKernel::name, "alpha", kernel.alpha, 1e-300, 1e300,
              "a positive, finite number");
}

SpectralMeasure spectral_measure(const RationalQuadraticKernel& kernel) {
  return {GammaScale{.shape = kernel.alpha, .factor = 1.0 / kernel.alpha}};
}

void profile(const RationalQuadraticKernel& kernel, const double* square, double* out,
             Index count) {
  const double slope = 0.5 / kernel.alpha;
  for (Index j = 0; j < count; ++j) out[j] = -kernel.alpha * std::log1p(slope * square[j]);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
