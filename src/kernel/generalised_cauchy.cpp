// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/generalised_cauchy.hpp"

#include "core/door.hpp"
#include "kernel/radial.hpp"
#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void GeneralisedCauchyKernel::check_options() const {
  const Door door(name);
  door.between("alpha", alpha, kernels::kSmallestPower, 2.0, "a number from 0.2 to 2");
  door.between("beta", beta, 1e-300, 1e300, "a finite number above 0");
}

SpectralMeasure GeneralisedCauchyKernel::spectral_measure() const {
  return {StableScale{.index = 0.5 * alpha, .gamma_shape = beta}};
}

void GeneralisedCauchyKernel::profile(const double* square, double* out, Index count) const {
  const auto log_value = [&](double r2) { return -beta * std::log1p(std::pow(r2, 0.5 * alpha)); };
  for (Index j = 0; j < count; ++j) out[j] = kernels::log_of_tail(square[j], log_value);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
