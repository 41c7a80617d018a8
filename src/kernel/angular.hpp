// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/kernel/angular.hpp"
#include "kernel/rectified.hpp"

namespace bochner {

inline void check_options(const AngularKernel& /*kernel*/) {}

/// A sign is twice a step less one.
inline Rectifier rectifier(const AngularKernel& /*kernel*/) {
  return {.order = 0, .factor = 2.0, .offset = -1.0};
}

}  // namespace bochner
