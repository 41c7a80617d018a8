// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <optional>

/// \file
/// Products of extents that notice when they overflow.

namespace bochner {

/// a * b, or nothing when it overflows.
inline std::optional<Index> checked_product(Index a, Index b) noexcept {
  Index product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

}  // namespace bochner
