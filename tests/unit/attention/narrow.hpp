// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reference.hpp"

#include <bochner/client/attention/narrow.hpp>

#include <concepts>

/// \file
/// Tensors of 16 bits per number, and what they are in float.

namespace bochner::testing {

/// Converted one by one.
template <class To, class From>
Tensor<To> converted(const Tensor<From>& x) {
  Tensor<To> out(x.extents[0], x.extents[1], x.extents[2], x.extents[3]);
  for (std::size_t i = 0; i < x.elements.size(); ++i) {
    out.elements[i] = static_cast<To>(x.elements[i]);
  }
  return out;
}

template <class To, class From>
Qkv<To> converted(const Qkv<From>& x) {
  return {converted<To>(x.q), converted<To>(x.k), converted<To>(x.v)};
}

template <Narrow N>
Qkv<N> narrow_qkv(const Shape& shape, std::uint64_t seed, double size = 1.0) {
  return converted<N>(normal_qkv<float>(shape, seed, size));
}

inline bool same_report(const AttentionReport& a, const AttentionReport& b) {
  return a.empty_rows == b.empty_rows && a.underflowed_rows == b.underflowed_rows &&
         a.negative_rows == b.negative_rows && a.nonfinite_rows == b.nonfinite_rows &&
         a.arithmetic == b.arithmetic;
}

/// What is thrown, "" where nothing is.
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "";
}

}  // namespace bochner::testing
