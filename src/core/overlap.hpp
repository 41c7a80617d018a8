// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <array>
#include <cstdint>

/// \file
/// Whether strided views share memory.

namespace bochner {

/// Where the elements of a view lie: address + sum_k i_k strides[k] bytes, 0 <= i_k < extents[k],
/// each `size` bytes long.
struct MemoryGrid {
  std::intptr_t address = 0;
  Index size = 0;
  std::array<Index, 4> extents{1, 1, 1, 1};
  std::array<Index, 4> strides{};
};

template <class T>
MemoryGrid memory_grid(const MatrixView<T>& view) {
  constexpr auto kSize = static_cast<Index>(sizeof(T));
  return {reinterpret_cast<std::intptr_t>(view.data),
          kSize,
          {view.rows, view.cols, 1, 1},
          {view.row_stride * kSize, view.col_stride * kSize, 0, 0}};
}

template <class T>
MemoryGrid memory_grid(const TensorView<T, 4>& view) {
  constexpr auto kSize = static_cast<Index>(sizeof(T));
  MemoryGrid grid{reinterpret_cast<std::intptr_t>(view.data), kSize, view.extents, view.strides};
  for (Index& stride : grid.strides) stride *= kSize;
  return grid;
}

/// Whether the two share a byte, for any strides, interleaved views included. This is whether a
/// bounded linear equation in the positions has a solution. The search divides by common factors of
/// the strides and ends at once for views of one array; after a million steps, which only contrived
/// strides take, it gives up and answers yes.
bool overlap(const MemoryGrid& a, const MemoryGrid& b);

/// Whether two different positions of a view share a byte; found in the same way.
bool overlaps_itself(const MemoryGrid& grid);

}  // namespace bochner
