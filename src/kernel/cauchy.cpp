// SPDX-License-Identifier: Apache-2.0
#include "kernel/cauchy.hpp"

namespace bochner {

void check_options(const CauchyKernel& /*kernel*/) {}

SpectralMeasure spectral_measure(const CauchyKernel& /*kernel*/) {
  return {GammaScale{.shape = 1.0, .factor = 2.0}};
}

void profile(const CauchyKernel& /*kernel*/, const double* square, double* out, Index count) {
  for (Index j = 0; j < count; ++j) out[j] = 1.0 / (1.0 + square[j]);
}

}  // namespace bochner
