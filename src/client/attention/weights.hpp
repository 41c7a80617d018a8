// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "simd/elementary.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

/// \file
/// Powers of two and how far weights may stray from their reference.
///
/// Feature j of a key is held as w 2^c with a whole exponent c: its own for each feature of an
/// exponential map, one for all features of any other map. The exponents of a
/// block come from its first key; features may then exceed 1 by up to 2^kHeadroom before a larger
/// reference is called for. Scaling by a power of two is exact, so a reference changes no bit of a
/// result; what it decides is the range that survives.

namespace bochner::attention_internals {

/// No key has touched this feature.
inline constexpr std::int32_t kNoMass = std::numeric_limits<std::int32_t>::min();

/// Largest power of two of a weight over its reference. Single precision still has room for sums of
/// 2^14 products of two such weights and values up to 2^40.
inline constexpr int kHeadroom = 48;

/// The same for a block's reference over that of the state it joins.
inline constexpr int kSlack = 16;

/// Rows with exponents beyond this are refused, so that sums of two fit.
inline constexpr double kLargestAttentionExponent = 0x1p28;

/// 2^e; 0 where that is below the normal numbers.
template <Scalar T>
T exact_power(std::int64_t e) {
  using C = simd::Constants<T>;
  const std::int64_t bounded = std::clamp<std::int64_t>(e, -C::kBias, C::kBias + 1);
  return simd::power_of_two<T>(static_cast<typename C::Signed>(bounded));
}

/// The whole e with 2^(e - 1) <= x < 2^e, for a normal x > 0; `otherwise` for any other.
template <Scalar T>
std::int32_t exponent_over(T x, std::int32_t otherwise) {
  using C = simd::Constants<T>;
  const auto field = static_cast<std::int32_t>(std::bit_cast<typename C::Bits>(x) >>
                                               C::kMantissaBits);  // a sign bit makes it large
  const bool normal = field > 0 && field <= 2 * C::kBias;
  return normal ? field - static_cast<std::int32_t>(C::kBias) + 1 : otherwise;
}

}  // namespace bochner::attention_internals
