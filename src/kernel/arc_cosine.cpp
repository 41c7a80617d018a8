// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/arc_cosine.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"
#include "kernel/rectifier.hpp"

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

void ArcCosineKernel::check_options() const {
  if (order < 0 || order > 2) {
    throw InvalidArgument("arc-cosine: order is " + std::to_string(order) + ", expected 0, 1 or 2");
  }
  if (!std::isfinite(offset)) {
    throw InvalidArgument("arc-cosine: offset is " + text::number(offset) +
                          ", expected a finite number");
  }
}

Rectifier ArcCosineKernel::rectifier() const {
  return {.order = order, .factor = std::numbers::sqrt2, .offset = offset};
}

}  // namespace bochner
