// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// \file
/// Memory for matrices and work space.

namespace bochner {

/// 64-byte aligned, not initialised. From 4 MiB on the system is asked for huge pages, of which a
/// kernel with transparent huge pages gives one page fault per 2 MiB instead of one per 4 KiB.
/// Throws std::bad_alloc.
void* allocate_aligned(std::size_t bytes);

/// Takes it back; nullptr is nothing.
void free_aligned(void* memory) noexcept;

}  // namespace bochner
