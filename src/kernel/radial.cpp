// SPDX-License-Identifier: Apache-2.0
#include "kernel/radial.hpp"

#include "bochner/core/error.hpp"
#include "core/text.hpp"

#include <string>

namespace bochner {

void check_range(std::string_view kernel, const char* option, double value, double low, double high,
                 const char* meaning) {
  if (value >= low && value <= high) return;
  throw InvalidArgument(std::string(kernel) + ": " + option + " is " + text::number(value) +
                        ", expected " + meaning);
}

}  // namespace bochner
