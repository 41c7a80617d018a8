// SPDX-License-Identifier: Apache-2.0
#include "kernel/generalised_cauchy.hpp"

#include "simd/engine.hpp"

#include <cmath>

namespace bochner {

void check_options(const GeneralisedCauchyKernel& kernel) {
  check_range(GeneralisedCauchyKernel::name, "alpha", kernel.alpha, kSmallestPower, 2.0,
              "a number from 0.2 to 2");
  check_range(GeneralisedCauchyKernel::name, "beta", kernel.beta, 1e-300, 1e300,
              "a positive, finite number");
}

SpectralMeasure spectral_measure(const GeneralisedCauchyKernel& kernel) {
  return {StableScale{.index = 0.5 * kernel.alpha, .gamma_shape = kernel.beta}};
}

void profile(const GeneralisedCauchyKernel& kernel, const double* square, double* out,
             Index count) {
  const auto log_value = [&](double r2) {
    return -kernel.beta * std::log1p(std::pow(r2, 0.5 * kernel.alpha));
  };
  for (Index j = 0; j < count; ++j) out[j] = log_of_tail(square[j], log_value);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
