// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

/// \file
/// How large the entries of a row are, by their bits: comparisons of integers become vectors, those
/// of floating-point numbers, which have to mind NaN, do not.

namespace bochner::attention_internals {

template <Scalar T>
using Bits = std::conditional_t<std::same_as<T, float>, std::int32_t, std::int64_t>;

/// The bits of |x|: ordered as |x| is; those of infinity and NaN are at least `kInfinityBits`.
template <Scalar T>
Bits<T> magnitude_bits(T x) {
  return std::bit_cast<Bits<T>>(x) & std::numeric_limits<Bits<T>>::max();
}

template <Scalar T>
inline constexpr Bits<T> kInfinityBits = std::bit_cast<Bits<T>>(std::numeric_limits<T>::infinity());

template <Scalar T>
struct RowMagnitude {
  T largest_finite = T{0};
  bool finite = true;  ///< all entries are
};

template <Scalar T>
RowMagnitude<T> row_magnitude(const T* row, Index stride, Index cols) {
  Bits<T> largest = 0;
  Bits<T> largest_finite = 0;
  const auto look = [&](auto step) {
    for (Index c = 0; c < cols; ++c) {
      const Bits<T> bits = magnitude_bits(row[c * step]);
      largest = std::max(largest, bits);
      largest_finite = std::max(largest_finite, bits < kInfinityBits<T> ? bits : Bits<T>{0});
    }
  };
  if (stride == 1) {
    look(std::integral_constant<Index, 1>());
  } else {
    look(stride);
  }
  return {std::bit_cast<T>(largest_finite), largest < kInfinityBits<T>};
}

}  // namespace bochner::attention_internals
