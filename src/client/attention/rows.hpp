// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/error.hpp"
#include "bochner/core/matrix.hpp"
#include "client/attention/weights.hpp"
#include "simd/engine.hpp"

#include <cmath>
#include <concepts>
#include <string>

/// \file
/// Blocks of rows at attention's door.

namespace bochner {

/// Where a block of rows comes from, for messages, and what is wanted after it.
struct RowOrigin {
  const char* function;
  const char* argument;
  Index batch;
  Index head;
  Index first_row;
  simd::Ahead ahead{};
};

/// At most a block of `rows` from `first` on, as what is wanted soon; nothing where rows are not
/// contiguous.
template <Scalar T>
simd::RowsAhead rows_ahead(MatrixView<const T> rows, Index first) {
  const Index count = std::min(simd::kBlockRows, rows.rows - first);
  if (rows.col_stride != 1 || count <= 0) return {};
  constexpr auto kSize = static_cast<Index>(sizeof(T));
  return {rows.row(first), rows.row_stride * kSize, rows.cols * kSize, count};
}

/// The rows of `block` from `first` on = rows; its padding stays what it is.
template <Scalar T>
void copy_rows(MatrixView<const T> rows, Matrix<T>& block, Index first = 0) {
  for (Index r = 0; r < rows.rows; ++r) {
    const T* const from = rows.row(r);
    T* const to = block.row(first + r);
    if (rows.col_stride == 1) {
      std::copy_n(from, rows.cols, to);
    } else {
      for (Index c = 0; c < rows.cols; ++c) to[c] = from[c * rows.col_stride];
    }
  }
}

/// Rows whose exponents leave the range that two of them can be added in are refused, unless they
/// hold a NaN or an infinity: those go on as NaN.
template <Scalar T, class Exponent>
void refuse_long_rows(MatrixView<const T> x, Exponent* exponent, const RowOrigin& origin) {
  for (Index r = 0; r < x.rows; ++r) {
    if (std::abs(static_cast<double>(exponent[r])) < kLargestAttentionExponent) continue;
    bool finite = true;
    for (Index c = 0; c < x.cols; ++c) finite = finite && std::isfinite(x(r, c));
    if (finite) {
      throw InvalidArgument(std::string(origin.function) + ": " + origin.argument + ": batch " +
                            std::to_string(origin.batch) + ", head " + std::to_string(origin.head) +
                            ", row " + std::to_string(origin.first_row + r) +
                            " is too long for this map: the exponent of its features is beyond " +
                            "2^28");
    }
    if constexpr (std::floating_point<Exponent>) {
      exponent[r] = std::numeric_limits<Exponent>::quiet_NaN();
    } else {
      exponent[r] = 0;
    }
  }
}

}  // namespace bochner
