// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/block_means.hpp"
#include "client/attention/call.hpp"
#include "client/attention/exact_call.hpp"

#include <vector>

/// \file
/// Keys in blocks of neighbouring rows.

namespace bochner::attention_internals {

/// One key head of a sequence, its live keys in blocks. In the order given, passes read the rows
/// where they are; with bisection, copies in the order of the blocks.
template <Scalar T>
struct BlockedKeys {
  BlockedKeys(const AttentionCall<T>& call, const AttentionOptions& options,
              const AttentionSequence& sequence, Index key_head);

  /// A(x - c): the key's side, without the factor log2(e).
  Matrix<double> transformed(const MatrixView<const T>& rows) const;
  /// Rows in blocks, by how far they are from each other or in the order given.
  BlocksOfRows cut(const Matrix<double>& rows, Index rows_per_block) const;
  /// All keys, as a sequence of `keys`; place r of the blocks is its live key r.
  AttentionSequence all_keys() const;
  /// The row in the inputs of the call of the key at this place of the blocks.
  Index row_in_call(Index place) const {
    return sequence.first_key + sequence.position(blocks.row(place));
  }
  /// A problem for passes over rows of this length, without sequences.
  AttentionProblem problem_of(Index dim) const;
  TensorView<const T, 4> of_all_heads(const MatrixView<const T>& rows) const;
  const ExactGroup& sizes() const { return exact.group(exact.problem.sequences.front(), key_head); }

  const AttentionCall<T>& call;
  const AttentionOptions& options;
  const AttentionSequence& sequence;
  Index key_head;
  bool bisected;
  Matrix<T> live_keys;    ///< in the end in the order of the blocks, of bisected ones only
  Matrix<T> live_values;  ///< theirs
  ExactCall<T> exact;     ///< the sequence with this key head alone
  std::vector<double> origin;
  Matrix<double> rows;  ///< A(k - origin), by live key
  BlocksOfRows blocks;  ///< of the live keys
  BlockMeans means;
  std::vector<Index> always;      ///< positions of keys that every query weighs exactly
  TensorView<const T, 4> keys;    ///< what passes read
  TensorView<const T, 4> values;  ///< theirs
  Matrix<T> mean_keys;            ///< blocks as keys of their own, with `Rest::means`
  Matrix<T> mean_values;          ///< theirs

 private:
  Matrix<T> live_rows_of(const TensorView<const T, 4>& tensor) const;
  ExactCall<T> whole_head() const;
  std::vector<double> mean_key() const;
  Matrix<double> spread_keys() const;
  void average();
};

}  // namespace bochner::attention_internals
