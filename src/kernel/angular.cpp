// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/angular.hpp"

#include "kernel/rectifier.hpp"

namespace bochner {

void AngularKernel::check_options() const {}

// A sign is twice a step less one.
Rectifier AngularKernel::rectifier() const { return {.order = 0, .factor = 2.0, .offset = -1.0}; }

}  // namespace bochner
