// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/rational_quadratic.hpp"

#include "core/door.hpp"
#include "kernel/radial.hpp"
#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void RationalQuadraticKernel::check_options() const {
  // Above, 1 / (2 alpha) underflows; below, its inverse overflows.
  Door(name).between("alpha", alpha, 1e-300, 1e300, "a finite number above 0");
}

SpectralMeasure RationalQuadraticKernel::spectral_measure() const {
  return {GammaScale{.shape = alpha, .factor = 1.0 / alpha}};
}

void RationalQuadraticKernel::profile(const double* square, double* out, Index count) const {
  const double slope = 0.5 / alpha;
  const auto log_value = [&](double r2) {
    const double base = slope * r2;
    // log(1 + base) is log base where the product overflows.
    return -alpha * (std::isinf(base) ? std::log(slope) + std::log(r2) : std::log1p(base));
  };
  for (Index j = 0; j < count; ++j) out[j] = kernels::log_of_tail(square[j], log_value);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
