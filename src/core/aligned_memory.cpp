// SPDX-License-Identifier: Apache-2.0
#include "core/aligned_memory.hpp"

#include <new>

#ifdef __linux__
#include <sys/mman.h>

#include <cstdint>
#endif

namespace bochner {
namespace {

constexpr std::align_val_t kAlignment{64};

#ifdef __linux__
/// Asks for huge pages for the whole ones in this range. Advice: a system that refuses it gives
/// small pages.
void advise_huge_pages(void* memory, std::size_t bytes) noexcept {
  constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
  if (bytes < 2 * kHugePage) return;
  const std::uintptr_t skipped = -reinterpret_cast<std::uintptr_t>(memory) % kHugePage;
  const std::uintptr_t length = (bytes - skipped) / kHugePage * kHugePage;
  ::madvise(static_cast<char*>(memory) + skipped, length, MADV_HUGEPAGE);
}
#else
void advise_huge_pages(void*, std::size_t) noexcept {}
#endif

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  void* const memory = ::operator new(bytes, kAlignment);
  advise_huge_pages(memory, bytes);
  return memory;
}

void free_aligned(void* memory) noexcept { ::operator delete(memory, kAlignment); }

}  // namespace bochner
