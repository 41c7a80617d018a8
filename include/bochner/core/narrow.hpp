// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/view.hpp>

#include <bit>
#include <concepts>
#include <cstdint>

/// \file
/// Numbers of 16 bits: what tensors are stored in, never what is computed in.

namespace bochner {

/// IEEE 754 binary16: 11 significant bits, up to 65504, multiples of 2^-24.
struct Half {
  std::uint16_t bits = 0;

  constexpr Half() = default;
  /// The nearest, ties to even: infinite from 65520 on. A NaN stays one.
  explicit constexpr Half(std::same_as<float> auto x) : bits(rounded(x)) {}
  /// Exact.
  explicit constexpr operator float() const {
    constexpr std::uint32_t kRebias = 112U << 23;
    const std::uint32_t size = bits & 0x7FFFU;
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    // Not by way of subnormal floats, which a thread may have set to count as zeros.
    if (size < 0x400U) {
      return std::bit_cast<float>(
          std::bit_cast<std::uint32_t>(static_cast<float>(size) * 0x1p-24F) | sign);
    }
    return std::bit_cast<float>(((size << 13) + (size < 0x7C00U ? kRebias : 2 * kRebias)) | sign);
  }

 private:
  static constexpr std::uint16_t rounded(float x) {
    const auto all = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t sign = (all >> 16) & 0x8000U;
    const std::uint32_t size = all & 0x7FFFFFFFU;
    std::uint32_t result = 0x7C00U;
    if (size > 0x7F800000U) {
      result = 0x7E00U | ((size >> 13) & 0x3FFU);
    } else if (size < 0x38800000U) {  // multiples of 2^-24, which 0.5 and its neighbours are
      result = std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) + 0.5F) - 0x3F000000U;
    } else if (size < 0x477FF000U) {
      result = (size + 0xFFFU + ((size >> 13) & 1U) - 0x38000000U) >> 13;
    }
    return static_cast<std::uint16_t>(result | sign);
  }
};

/// The upper half of a float: 8 significant bits, the range of float.
struct BFloat16 {
  std::uint16_t bits = 0;

  constexpr BFloat16() = default;
  /// The nearest, ties to even. A NaN stays one.
  explicit constexpr BFloat16(std::same_as<float> auto x) : bits(rounded(x)) {}
  /// Exact.
  explicit constexpr operator float() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }

 private:
  static constexpr std::uint16_t rounded(float x) {
    constexpr std::uint32_t kQuiet = 0x00400000U;
    const auto all = std::bit_cast<std::uint32_t>(x);
    const bool nan = (all & 0x7FFFFFFFU) > 0x7F800000U;
    return static_cast<std::uint16_t>((nan ? all | kQuiet : all + 0x7FFFU + ((all >> 16) & 1U)) >>
                                      16);
  }
};

/// What tensors may be stored in beside the scalars; it is widened to float, exactly.
template <class N>
concept Narrow = std::same_as<N, Half> || std::same_as<N, BFloat16>;

/// What a tensor may hold.
template <class N>
concept Stored = Scalar<N> || Narrow<N>;

}  // namespace bochner
