// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/arc_cosine.hpp"

#include "core/door.hpp"
#include "kernel/rectifier.hpp"

#include <cmath>
#include <numbers>

namespace bochner {

ArcCosineKernel ArcCosineKernel::relu_attention(double epsilon) {
  Door("ArcCosineKernel::relu_attention").not_negative("epsilon", epsilon);
  return {.order = 1, .offset = std::numbers::sqrt2 * epsilon, .metric = {}};
}

void ArcCosineKernel::check_options() const {
  Door(name).between("order", order, 0, 2).finite("offset", offset);
}

Rectifier ArcCosineKernel::rectifier() const {
  return {.order = order, .factor = std::numbers::sqrt2, .offset = offset};
}

}  // namespace bochner
