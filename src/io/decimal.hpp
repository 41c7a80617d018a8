// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bochner::io {

enum class Parsed { number, out_of_range, no_number };

/// The number that all of `text` is, with a decimal point whatever the locale; NaN and infinity are
/// numbers, a leading plus is allowed, and what is too small for a double is 0 (with its sign).
Parsed parse_decimal(std::string_view text, double& value);

}  // namespace bochner::io
