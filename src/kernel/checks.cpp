// SPDX-License-Identifier: Apache-2.0
#include "kernel/checks.hpp"

#include <cmath>
#include <cstddef>
#include <string>

namespace bochner::kernels {

void require_not_negative(const Door& door, std::string_view argument,
                          std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0.0 && std::isfinite(values[i])) continue;
    door.not_negative(std::string(argument) + "[" + std::to_string(i) + "]", values[i]);
  }
}

}  // namespace bochner::kernels
