// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/kernel/data_scale.hpp"
#include "core/text.hpp"

#include <string>

namespace bochner::python {

/// The rule of a text such as "mean-square-sum(target=2)". Throws InvalidArgument whose text begins
/// with `argument`, "fit: scale".
inline ScaleRule scale_rule(const char* argument, const std::string& words) {
  try {
    ScaleRule out;
    text::read(text::parse_value(words), out);
    return out;
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(std::string(argument) + " is '" + words + "': " + error.what());
  }
}

}  // namespace bochner::python
