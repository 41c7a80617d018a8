// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/exponentiated_power.hpp"

#include "core/door.hpp"
#include "kernel/spectral_measure.hpp"
#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void ExponentiatedPowerKernel::check_options() const {
  Door(name).between("alpha", alpha, kernels::kSmallestPower, 2.0, "a number from 0.2 to 2");
}

SpectralMeasure ExponentiatedPowerKernel::spectral_measure() const {
  return {StableScale{.index = 0.5 * alpha}};
}

void ExponentiatedPowerKernel::profile(const double* square, double* out, Index count) const {
  for (Index j = 0; j < count; ++j) out[j] = -std::pow(square[j], 0.5 * alpha);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
