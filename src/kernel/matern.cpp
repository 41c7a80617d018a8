// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/matern.hpp"

#include "core/door.hpp"
#include "kernel/matern_profile.hpp"
#include "kernel/spectral_measure.hpp"

namespace bochner {

void MaternKernel::check_options() const {
  Door(name).between("nu", nu, 0.1, 1e8,
                     "a number from 0.1 to 1e8 (beyond, the kernel is the gaussian)");
}

SpectralMeasure MaternKernel::spectral_measure() const {
  return {InverseGammaScale{.shape = nu, .factor = nu}};
}

void MaternKernel::profile(const double* square, double* out, Index count) const {
  kernels::matern_profile(nu, square, out, count);
}

}  // namespace bochner
