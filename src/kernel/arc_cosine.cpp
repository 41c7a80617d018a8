// SPDX-License-Identifier: Apache-2.0
#include "kernel/arc_cosine.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"

#include <cmath>
#include <numbers>

namespace bochner {

ArcCosineKernel ArcCosineKernel::relu_attention(double epsilon) {
  if (!(epsilon >= 0.0) || !std::isfinite(epsilon)) {
    throw InvalidArgument("ArcCosineKernel::relu_attention: epsilon is " + text::number(epsilon) +
                          ", expected a finite number, 0 or more");
  }
  return {.order = 1, .offset = std::numbers::sqrt2 * epsilon, .metric = {}};
}

void check_options(const ArcCosineKernel& kernel) {
  if (kernel.order < 0 || kernel.order > 2) {
    throw InvalidArgument("arc-cosine: order is " + std::to_string(kernel.order) +
                          ", expected 0, 1 or 2");
  }
  if (!std::isfinite(kernel.offset)) {
    throw InvalidArgument("arc-cosine: offset is " + text::number(kernel.offset) +
                          ", expected a finite number");
  }
}

Rectifier rectifier(const ArcCosineKernel& kernel) {
  return {.order = kernel.order, .factor = std::numbers::sqrt2, .offset = kernel.offset};
}

}  // namespace bochner
