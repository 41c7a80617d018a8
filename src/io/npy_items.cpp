// SPDX-License-Identifier: Apache-2.0
#include "io/npy_items.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace bochner::io {
namespace {

template <class Raw>
Raw load(const std::byte* from, ByteOrder order) {
  std::array<std::byte, sizeof(Raw)> bytes{};
  std::copy_n(from, sizeof(Raw), bytes.begin());
  if (order == ByteOrder::big) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Raw>(bytes);
}

/// A binary16 number, as bits.
struct Half {
  std::uint16_t bits;
  explicit operator double() const {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const double size = exponent == 0   ? std::ldexp(fraction, -24)
                        : exponent < 31 ? std::ldexp(fraction + 1024, exponent - 25)
                        : fraction == 0 ? HUGE_VAL
                                        : NAN;
    return bits >> 15 == 0 ? size : -size;
  }
  explicit operator float() const { return static_cast<float>(static_cast<double>(*this)); }
};

/// Calls `body.operator()<Raw>()` for the type of the header's items.
template <class Body>
auto with_type(const NpyHeader& header, const Body& body) {
  const auto of_size = [&]<class One, class Two, class Four, class Eight>() {
    return header.item_bytes == 1   ? body.template operator()<One>()
           : header.item_bytes == 2 ? body.template operator()<Two>()
           : header.item_bytes == 4 ? body.template operator()<Four>()
                                    : body.template operator()<Eight>();
  };
  // There are no floating-point numbers of one byte.
  if (header.kind == 'f') return of_size.template operator()<Half, Half, float, double>();
  if (header.kind == 'i') {
    return of_size.template operator()<std::int8_t, std::int16_t, std::int32_t, std::int64_t>();
  }
  return of_size.template operator()<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>();
}

template <class Raw, Scalar T>
void convert(const std::byte* in, Index in_step, ByteOrder order, T* out, Index out_step,
             Index count) {
  for (Index k = 0; k < count; ++k) {
    out[k * out_step] = static_cast<T>(load<Raw>(in + k * in_step, order));
  }
}

template <class Raw>
auto printable(Raw raw) {
  if constexpr (std::is_same_v<Raw, Half>) {
    return static_cast<float>(raw);
  } else if constexpr (std::is_integral_v<Raw>) {
    return static_cast<std::conditional_t<std::is_signed_v<Raw>, std::int64_t, std::uint64_t>>(raw);
  } else {
    return raw;
  }
}

}  // namespace

template <Scalar T>
Convert<T> converter(const NpyHeader& header) {
  return with_type(header, []<class Raw>() -> Convert<T> { return convert<Raw, T>; });
}

std::string digits_of(const NpyHeader& header, const std::byte* item) {
  return with_type(header, [&]<class Raw>() -> std::string {
    std::array<char, 32> digits{};
    const auto value = printable(load<Raw>(item, header.byte_order));
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
  });
}

template Convert<float> converter<float>(const NpyHeader&);
template Convert<double> converter<double>(const NpyHeader&);

}  // namespace bochner::io
