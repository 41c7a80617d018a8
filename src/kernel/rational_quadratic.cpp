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
  const auto log_value = [&](double r2) {
    const double base = slope * r2;
    // log(1 + base) is log base where the product overflows.
    return -kernel.alpha * (std::isinf(base) ? std::log(slope) + std::log(r2) : std::log1p(base));
  };
  for (Index j = 0; j < count; ++j) out[j] = log_of_tail(square[j], log_value);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
