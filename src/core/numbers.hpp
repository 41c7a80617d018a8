// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

/// \file
/// Numbers for people to read, without a locale.

namespace bochner {

/// The shortest text that reads back to the same double.
std::string shortest(double value);
/// With `digits` significant digits, trailing zeros kept; very small and large numbers with an
/// exponent.
std::string significant(double value, int digits);
/// "12.3 ms", "4.56 s": three significant digits and a unit.
std::string duration(double seconds);

}  // namespace bochner
