// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/narrow.hpp"
#include "interface/python/arrays.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

/// \file
/// Arrays of 16 bits per number. NumPy has float16; bfloat16 comes as its words, in arrays of
/// uint16 that stand for nothing else (`bochner/_stored_arrays.py` sees to it).

namespace nanobind::detail {

template <>
struct dtype_traits<bochner::Half> {
  static constexpr dlpack::dtype value{static_cast<std::uint8_t>(dlpack::dtype_code::Float), 16, 1};
  static constexpr auto name = const_name("float16");
};

template <>
struct dtype_traits<bochner::BFloat16> {
  static constexpr dlpack::dtype value = dtype_traits<std::uint16_t>::value;
  static constexpr auto name = const_name("uint16");
};

}  // namespace nanobind::detail

namespace bochner::python {

/// What tensors of N are computed in.
template <Stored N>
using ScalarFor = std::conditional_t<Narrow<N>, float, N>;

/// `unlocked` for arrays that may also be narrow.
template <class Array, class Body>
decltype(auto) unlocked_stored(const Array& array, const Body& body) {
  const bool half = array.dtype() == nb::dtype<Half>();
  if (!half && array.dtype() != nb::dtype<BFloat16>()) return unlocked(array, body);
  const nb::gil_scoped_release release;
  if (half) return body.template operator()<Half>();
  return body.template operator()<BFloat16>();
}

/// write(tensor), of N or, where N is narrow, of float if the array is.
template <Stored N, class Write>
decltype(auto) with_output(const Output& out, const Write& write) {
  if constexpr (Narrow<N>) {
    if (is_single(out)) return write(tensor<float>(out));
  }
  return write(tensor<N>(out));
}

}  // namespace bochner::python
