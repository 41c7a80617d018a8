// SPDX-License-Identifier: Apache-2.0
#include "kernel/matern.hpp"

#include "kernel/matern_profile.hpp"

namespace bochner {

void check_options(const MaternKernel& kernel) {
  check_range(MaternKernel::name, "nu", kernel.nu, 0.1, 1e8,
              "a number from 0.1 to 1e8 (beyond, the kernel is the gaussian)");
}

SpectralMeasure spectral_measure(const MaternKernel& kernel) {
  return {InverseGammaScale{.shape = kernel.nu, .factor = kernel.nu}};
}

void profile(const MaternKernel& kernel, const double* square, double* out, Index count) {
  matern_profile(kernel.nu, square, out, count);
}

}  // namespace bochner
