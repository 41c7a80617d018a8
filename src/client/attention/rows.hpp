// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/matrix.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/magnitudes.hpp"
#include "client/attention/weights.hpp"
#include "core/text.hpp"
#include "feature_map/block.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <string>

/// \file
/// Blocks of rows, and which of them are refused.

namespace bochner::attention_internals {

/// Where a block of rows comes from, for messages, and what to prefetch after it.
struct RowOrigin {
  Door door;
  const char* argument;
  Index batch;
  Index head;
  Index first_row;
  simd::Ahead ahead{};
  Index step = 1;  ///< -1 where rows come in reverse

  Index row(Index r) const { return first_row + step * r; }
};

/// At most a block of `rows` from `first` on, to be prefetched; nothing where rows are not
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

/// to += rows
template <Scalar T>
void add_rows(MatrixView<const T> rows, MatrixView<T> to) {
  for (Index r = 0; r < to.rows; ++r) {
    for (Index c = 0; c < to.cols; ++c) to(r, c) += rows(r, c);
  }
}

template <class T>
void clear_rows(MatrixView<T> rows) {
  for (Index r = 0; r < rows.rows; ++r) {
    for (Index c = 0; c < rows.cols; ++c) rows(r, c) = T{0};
  }
}

/// Rows whose exponents leave the range that two of them can be added in, or whose projections
/// could overflow, are refused, unless they hold a NaN or an infinity: those go on as NaN.
/// `workspace` is the one that mapped them.
template <Scalar T, class Exponent>
void refuse_long_rows(MatrixView<const T> x, Exponent* exponent, const RowOrigin& origin,
                      const feature_map::BlockWorkspace<T>& workspace) {
  for (Index r = 0; r < x.rows; ++r) {
    const double largest =
        std::abs(static_cast<double>(exponent[r])) + BlockMap<T>::largest_log(r, workspace);
    if (largest < kLargestAttentionExponent) continue;
    bool finite = true;
    for (Index c = 0; c < x.cols; ++c) finite = finite && std::isfinite(x(r, c));
    if (finite) {
      throw RefusedRow(
          origin.door, {origin.argument, origin.batch, origin.head, origin.row(r)},
          " is too long for this map: the exponent of its features is beyond 2^28, or its "
          "projections overflow");
    }
    if constexpr (std::floating_point<Exponent>) {
      exponent[r] = std::numeric_limits<Exponent>::quiet_NaN();
    } else {
      exponent[r] = 0;
    }
  }
}

/// Refuses the rows that mapping would refuse, before anything is done with them; the first of them
/// is row origin.first_row.
template <Scalar T>
void refuse_rows(const BlockMap<T>& map, Side side, MatrixView<const T> x, RowOrigin origin) {
  const Index at_once = std::min(simd::kBlockRows, x.rows);
  feature_map::BlockWorkspace<T> workspace(map, at_once);
  Matrix<T> phi(at_once, map.exponential() ? 0 : map.ld());
  std::array<double, simd::kBlockRows> offset;
  std::array<std::int32_t, simd::kBlockRows> exponent;
  for (Index first = 0; first < x.rows; first += at_once, origin.first_row += at_once) {
    const auto rows = x.middle_rows(first, std::min(at_once, x.rows - first));
    if (map.exponential()) {
      map.measure(side, rows, offset.data(), workspace);
      refuse_long_rows(rows, offset.data(), origin, workspace);
    } else {
      map.features(side, rows, phi.data(), exponent.data(), workspace);
      refuse_long_rows(rows, exponent.data(), origin, workspace);
    }
  }
}

/// Values beyond this are refused: with weights of up to 2^27 in all, sums of them stay finite.
template <Scalar T>
inline constexpr T kLargestAttentionValue = std::same_as<T, float> ? T(0x1p100) : T(0x1p996);

template <Scalar T>
void refuse_large_values(MatrixView<const T> values, const RowOrigin& origin) {
  for (Index r = 0; r < values.rows; ++r) {
    const auto magnitude = row_magnitude(values.row(r), values.col_stride, values.cols);
    if (magnitude.largest_finite <= kLargestAttentionValue<T>) continue;
    for (Index c = 0; c < values.cols; ++c) {
      const T size = std::abs(values(r, c));
      if (!(size > kLargestAttentionValue<T>) || std::isinf(size)) continue;
      throw RefusedRow(origin.door, {"values", origin.batch, origin.head, origin.row(r)},
                       ", column " + std::to_string(c) + " is " +
                           text::number(static_cast<double>(values(r, c))) +
                           ", too large to be summed in this precision");
    }
  }
}

}  // namespace bochner::attention_internals
