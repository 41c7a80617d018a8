// SPDX-License-Identifier: Apache-2.0
#include "simd/scratch.hpp"

#include "core/aligned_memory.hpp"

namespace bochner::simd {

Scratch::Scratch(Index bytes) : memory_(allocate_aligned(static_cast<std::size_t>(bytes))) {}

Scratch::~Scratch() { free_aligned(memory_); }

void* Scratch::data() const noexcept { return memory_; }

}  // namespace bochner::simd
