// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <algorithm>
#include <cstdint>

/// \file
/// Whether two views share an element, as far as that can be told in constant time.

namespace bochner {

namespace detail {

/// Half-open range of addresses that a view touches.
struct AddressRange {
  std::intptr_t first;
  std::intptr_t last;
};

template <class T>
AddressRange address_range(const MatrixView<T>& view) {
  const Index down = (view.rows - 1) * view.row_stride;
  const Index right = (view.cols - 1) * view.col_stride;
  const Index lowest = std::min<Index>(down, 0) + std::min<Index>(right, 0);
  const Index highest = std::max<Index>(down, 0) + std::max<Index>(right, 0);
  const auto base = reinterpret_cast<std::intptr_t>(view.data);
  const auto size = static_cast<Index>(sizeof(T));
  return {base + lowest * size, base + (highest + 1) * size};
}

}  // namespace detail

/// Exact for views whose address ranges are disjoint and for column ranges of one row-major array;
/// otherwise interleaved views may be called overlapping although they are not.
template <class T>
bool overlap(const MatrixView<const T>& a, const MatrixView<T>& b) {
  if (a.rows == 0 || a.cols == 0 || b.rows == 0 || b.cols == 0) return false;
  const detail::AddressRange ra = detail::address_range(a);
  const detail::AddressRange rb = detail::address_range(b);
  if (ra.last <= rb.first || rb.last <= ra.first) return false;
  const bool columns_of_one_array = a.row_stride == b.row_stride && a.col_stride == 1 &&
                                    b.col_stride == 1 && a.cols + b.cols <= a.row_stride;
  if (!columns_of_one_array) return true;
  const Index pitch = a.row_stride * static_cast<Index>(sizeof(T));
  const Index offset = (((rb.first - ra.first) % pitch) + pitch) % pitch;
  const auto size = static_cast<Index>(sizeof(T));
  return offset < a.cols * size || offset + b.cols * size > pitch;
}

}  // namespace bochner
