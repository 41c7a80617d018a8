// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simd/engine.hpp"
#include "simd/tables.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

/// \file
/// How results of the engine are compared.

namespace bochner::simd::test {

/// Tables to be held against the plain kernels.
template <Scalar T>
std::vector<const Kernels<T>*> vector_tables() {
  std::vector<const Kernels<T>*> tables;
  for (const Kernels<T>* table : available_kernels<T>()) {
    if (table->name != "scalar") tables.push_back(table);
  }
  return tables;
}

/// Whether multiplications and additions are fused, as they are in the plain kernels.
template <Scalar T>
bool fused(const Kernels<T>& table) {
  return table.name != "sse4";
}

/// Same bits, or both NaN.
template <Scalar T>
bool same(T a, T b) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return (a != a && b != b) || std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b);
}

/// |value - exact| in units of the last place of the exact value, rounded; a unit is never less
/// than the smallest subnormal number.
template <Scalar T>
double ulps(T value, long double exact) {
  const T rounded = static_cast<T>(exact);
  if (std::isnan(exact)) return std::isnan(value) ? 0.0 : 1e300;
  if (std::isinf(rounded) || std::isinf(value) || std::isnan(value)) {
    return rounded == value ? 0.0 : 1e300;
  }
  const T magnitude = std::abs(rounded);
  const T next = std::nextafter(magnitude, std::numeric_limits<T>::infinity());
  const T unit = std::isinf(next) ? magnitude - std::nextafter(magnitude, T{0}) : next - magnitude;
  return static_cast<double>(std::abs(static_cast<long double>(value) - exact) /
                             static_cast<long double>(unit));
}

}  // namespace bochner::simd::test
