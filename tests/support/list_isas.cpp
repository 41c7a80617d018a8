// SPDX-License-Identifier: Apache-2.0
//
// Prints the instruction sets that this build holds and this machine can run, best first.

#include "simd/engine.hpp"

#include <cstdio>

int main() {
  for (const auto* kernels : bochner::simd::available_kernels<float>()) {
    std::printf("%.*s\n", static_cast<int>(kernels->name.size()), kernels->name.data());
  }
}
