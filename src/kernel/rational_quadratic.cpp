// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/rational_quadratic.hpp"

#include "kernel/radial.hpp"
#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void RationalQuadraticKernel::check_options() const {
  // Above, 1 / (2 alpha) underflows; below, its inverse overflows.
  check_range(name, "alpha", alpha, 1e-300, 1e300, "a positive, finite number");
}

SpectralMeasure RationalQuadraticKernel::spectral_measure() const {
  return {GammaScale{.shape = alpha, .factor = 1.0 / alpha}};
}

void RationalQuadraticKernel::profile(const double* square, double* out, Index count) const {
  const double slope = 0.5 / alpha;
  for (Index j = 0; j < count; ++j) out[j] = -alpha * std::log1p(slope * square[j]);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
