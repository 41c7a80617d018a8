// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/door.hpp"

#include <span>
#include <string_view>

namespace bochner::kernels {

/// Every entry is finite and at least 0.
void require_not_negative(const Door& door, std::string_view argument,
                          std::span<const double> values);

}  // namespace bochner::kernels
