// SPDX-License-Identifier: Apache-2.0
#include "kernel/exponentiated_power.hpp"

#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void check_options(const ExponentiatedPowerKernel& kernel) {
  check_range(ExponentiatedPowerKernel::name, "alpha", kernel.alpha, kSmallestPower, 2.0,
              "a number from 0.2 to 2");
}

SpectralMeasure spectral_measure(const ExponentiatedPowerKernel& kernel) {
  return {StableScale{.index = 0.5 * kernel.alpha}};
}

void profile(const ExponentiatedPowerKernel& kernel, const double* square, double* out,
             Index count) {
  for (Index j = 0; j < count; ++j) out[j] = -std::pow(square[j], 0.5 * kernel.alpha);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
