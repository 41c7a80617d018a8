// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/attention.hpp"

#include <array>
#include <limits>
#include <vector>

/// \file
/// Numerators and normalisers of output rows, from several passes over different keys.

namespace bochner::attention_internals {

/// Rows of a tensor, counted from its first or from its last one.
enum class RowOrder { forward, reversed };

/// row = numerator / normaliser, zeros where the normaliser is, and what became of the row. The
/// numerator may lie in the row.
template <Scalar T>
void write_mean(const T* numerator, Index numerator_stride, T normaliser, Index cols, T* row,
                Index stride, AttentionReport& report);

/// For each row of an output sum_j w_j v_j and sum_j w_j over the passes so far, in a unit of its
/// own: a power of two that need not be whole, so that no pass underflows beside another. A single
/// pass is divided as it came.
template <Scalar T>
class RowSums {
 public:
  /// `out` holds the numerators until `finish`.
  explicit RowSums(const TensorView<T, 4>& out);

  const TensorView<T, 4>& out() const noexcept { return out_; }
  /// Adds 2^unit (numerator, normaliser), of weights in the scalar U. Different rows may be added
  /// to at the same time.
  template <Scalar U>
  void add(Index batch, Index head, Index query, const U* numerator, U normaliser, double unit);
  /// Divides all rows; those that no pass has added to are empty.
  void finish(AttentionReport& report);

  struct Row {
    double normaliser = 0.0;
    double unit = -std::numeric_limits<double>::infinity();
    bool seen = false;
  };
  const Row& row(Index batch, Index head, Index query) const {
    return rows_[at(batch, head, query)];
  }

 private:
  std::size_t at(Index batch, Index head, Index query) const {
    return static_cast<std::size_t>((batch * out_.extent(1) + head) * out_.extent(2) + query);
  }
  T* numerator(Index batch, Index head, Index query) const {
    return out_.data + batch * out_.stride(0) + head * out_.stride(1) + query * out_.stride(2);
  }

  TensorView<T, 4> out_;
  std::vector<Row> rows_;
};

/// Sums of normalisers alone, for an output of these extents.
template <Scalar T>
RowSums<T> normaliser_sums(const std::array<Index, 4>& extents) {
  return RowSums<T>(TensorView<T, 4>(nullptr, {extents[0], extents[1], extents[2], 0}));
}

}  // namespace bochner::attention_internals
