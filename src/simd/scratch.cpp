// SPDX-License-Identifier: Apache-2.0
#include "simd/scratch.hpp"

#include <new>

namespace bochner::simd {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

Scratch::Scratch(Index bytes)
    : memory_(::operator new(static_cast<std::size_t>(bytes), kAlignment)) {}

Scratch::~Scratch() { ::operator delete(memory_, kAlignment); }

void* Scratch::data() const noexcept { return memory_; }

}  // namespace bochner::simd
