// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/softmax.hpp"

#include "core/door.hpp"
#include "kernel/metric_transform.hpp"
#include "kernel/standard_form.hpp"
#include "simd/engine.hpp"

#include <cmath>
#include <memory>
#include <utility>

namespace bochner {

SoftmaxKernel SoftmaxKernel::for_dimension(Index head_dim) {
  Door("SoftmaxKernel::for_dimension").at_least("head_dim", head_dim, 1);
  return {.scale = 1.0 / std::sqrt(static_cast<double>(head_dim))};
}

SpectralMeasure SoftmaxKernel::spectral_measure() const {
  return {.series = std::make_shared<const PowerSeries>(PowerSeries::exponential())};
}

StandardForm SoftmaxKernel::standard_form(Index dim) const {
  Door(name).positive("scale", scale);
  InputTransform transform = kernels::transform_of(metric, dim, name);
  for (double& factor : transform.diagonal) factor *= std::sqrt(scale);
  for (double& factor : transform.matrix) factor *= std::sqrt(scale);
  return {.transform = std::move(transform), .amplitude = 1.0, .shift_invariant = false};
}

void SoftmaxKernel::values(const double* xy, double /*xx*/, const double* /*yy*/, double* out,
                           Index count) const {
  simd::kernels<double>().exp(xy, out, count);
}

}  // namespace bochner
