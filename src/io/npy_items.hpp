// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"
#include "io/npy_header.hpp"

#include <cstddef>
#include <string>

/// \file
/// The items of a .npy array, from their bytes.

namespace bochner::io {

/// out[k * out_step] = item k of `count`, the items `in_step` bytes apart from `in` on.
template <Scalar T>
using Convert = void (*)(const std::byte* in, Index in_step, ByteOrder order, T* out,
                         Index out_step, Index count);

/// The function for items of the header's type.
template <Scalar T>
Convert<T> converter(const NpyHeader& header);

/// The shortest text that reads back to the item; whole numbers to the last digit.
std::string digits_of(const NpyHeader& header, const std::byte* item);

extern template Convert<float> converter<float>(const NpyHeader&);
extern template Convert<double> converter<double>(const NpyHeader&);

}  // namespace bochner::io
