// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/gaussian.hpp"

#include "core/door.hpp"
#include "kernel/metric_transform.hpp"
#include "kernel/spectral_measure.hpp"
#include "kernel/standard_form.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner {

GaussianKernel GaussianKernel::from_gamma(double gamma) {
  Door("GaussianKernel::from_gamma")
      .between("gamma", gamma, std::numeric_limits<double>::min(),
               std::numeric_limits<double>::max(), "a finite number above 0");
  return {.metric = Isotropic{std::sqrt(0.5 / gamma)}};
}

GaussianKernel GaussianKernel::from_width(double width) {
  Door("GaussianKernel::from_width")
      .between("width", width, std::numeric_limits<double>::min(),
               std::numeric_limits<double>::max(), "a finite number above 0");
  return {.metric = Isotropic{std::sqrt(0.5 * width)}};
}

SpectralMeasure GaussianKernel::spectral_measure() const { return {}; }

StandardForm GaussianKernel::standard_form(Index dim) const {
  return {.transform = kernels::transform_of(metric, dim, name),
          .amplitude = 0.0,
          .shift_invariant = true};
}

void GaussianKernel::values(const double* xy, double xx, const double* yy, double* out,
                            Index count) const {
  for (Index j = 0; j < count; ++j) out[j] = std::min(xy[j] - 0.5 * (xx + yy[j]), 0.0);
  simd::kernels<double>().exp(out, out, count);
}

}  // namespace bochner
