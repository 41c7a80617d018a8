// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/softmax.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"
#include "kernel/standard_form.hpp"
#include "simd/engine.hpp"

#include <cmath>
#include <memory>

namespace bochner {

SoftmaxKernel SoftmaxKernel::for_dimension(Index head_dim) {
  if (head_dim < 1) {
    throw InvalidArgument("SoftmaxKernel::for_dimension: head_dim is " + std::to_string(head_dim) +
                          ", expected at least 1");
  }
  return {.scale = 1.0 / std::sqrt(static_cast<double>(head_dim))};
}

SpectralMeasure SoftmaxKernel::spectral_measure() const {
  return {.series = std::make_shared<const PowerSeries>(PowerSeries::exponential())};
}

StandardForm SoftmaxKernel::standard_form(Index dim) const {
  if (!(scale > 0.0) || !std::isfinite(scale)) {
    throw InvalidArgument("softmax: scale is " + text::number(scale) +
                          ", expected a positive, finite number");
  }
  return {.transform = {.diagonal =
                            std::vector<double>(static_cast<std::size_t>(dim), std::sqrt(scale)),
                        .matrix = {}},
          .amplitude = 1.0,
          .shift_invariant = false};
}

void SoftmaxKernel::values(const double* xy, double /*xx*/, const double* /*yy*/, double* out,
                           Index count) const {
  simd::kernels<double>().exp(xy, out, count);
}

}  // namespace bochner
