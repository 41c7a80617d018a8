// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simd/engine.hpp"

/// \file
/// The tables that `kernels` chooses from.

namespace bochner::simd {

template <Scalar T>
const Kernels<T>& scalar_kernels();

}  // namespace bochner::simd
