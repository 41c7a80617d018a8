// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/arc_cosine.hpp"
#include "kernel/rectified.hpp"

namespace bochner {

void check_options(const ArcCosineKernel& kernel);
Rectifier rectifier(const ArcCosineKernel& kernel);

}  // namespace bochner
