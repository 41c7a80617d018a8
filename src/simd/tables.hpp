// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simd/engine.hpp"

#include <cstdint>

/// \file
/// The tables that `kernels` chooses from.

namespace bochner::simd {

/// Plain loops: the reference of the tests, and the engine of machines without a vector target.
template <Scalar T>
const Kernels<T>& scalar_kernels();

template <Scalar T>
struct CompiledKernels {
  std::int64_t target;  ///< Highway's bit; 0 needs nothing
  const Kernels<T>* kernels;
};

/// Best first; scalar last.
template <Scalar T>
std::span<const CompiledKernels<T>> compiled_kernels();

}  // namespace bochner::simd
