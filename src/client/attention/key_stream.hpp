// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/prefix_state.hpp"
#include "client/attention/query_block.hpp"

/// \file
/// Keys one after the other, and what a query that comes after some of them sees.

namespace bochner::attention_internals {

/// What one worker needs to take in keys.
template <Scalar T>
struct KeyScratch {
  KeyScratch(const BlockMap<T>& map, Index value_dim, Products products = Products::full)
      : workspace(map),
        sums(map, value_dim, products),
        reference(static_cast<std::size_t>(map.num_features())) {}
  feature_map::BlockWorkspace<T> workspace;
  KeySums<T> sums;
  Exponents reference;
};

/// Keys in chunks of 64, each with its values: a state of the chunks that are complete, and the
/// chunk that is open, as a piece whose keys are still separate. Exponents of a chunk's first piece
/// come from its first key. Where a later key leaves their range the piece ends before it; the next
/// takes exponents from that key and the state. Whether and where depends on nothing that comes
/// later, nor on how the keys are handed over.
template <Scalar T>
class KeyStream {
 public:
  KeyStream(const BlockMap<T>& map, Index value_dim);

  /// Takes in the first of `keys` (n x d) and `values` (n x d_v): as many as belong to the piece
  /// that is then open, at least one. Returns how many. Factors as for `KeyBlock::load`.
  Index extend(MatrixView<const T> keys, MatrixView<const T> values,
               std::span<const double> log2_factor, const RowOrigin& origin,
               KeyScratch<T>& scratch);
  /// Packs the open piece for queries.
  void pack();
  /// Ends the chunk that is open.
  void close(KeyScratch<T>& scratch);
  /// Takes in a whole chunk as one piece with these references and sums, having shown the state as
  /// the queries of that chunk see it.
  template <class Show>
  void add_chunk(const Exponents& reference, const KeySums<T>& sums, const Show& show) {
    state_.raise(reference);
    show(state_);
    state_.add(sums);
  }
  /// Multiplies all weights by 2^log2_factor, which is not negative; no chunk may be open.
  void scale(double log2_factor) { state_.scale(log2_factor); }
  /// Takes in all that `other` has seen.
  void merge(const KeyStream& other, KeyScratch<T>& scratch);

  /// Whether it has seen no key.
  bool empty() const noexcept { return open_.rows() == 0 && state_.empty(); }
  const PrefixState<T>& state() const noexcept { return state_; }
  const KeyBlock<T>& open() const noexcept { return open_; }
  const PackedKeys<T>& packed() const noexcept { return packed_; }

  /// Calls visit(name, array, count) for all that makes up the stream, of fixed sizes. What is
  /// visited may be overwritten; `restore` then makes sense of it, or returns false.
  template <class Visit>
  void for_each_array(const Visit& visit) {
    counts_ = {static_cast<std::int32_t>(open_.rows()), static_cast<std::int32_t>(before_open_)};
    visit("open_counts", counts_.data(), static_cast<Index>(counts_.size()));
    state_.for_each_array(visit);
    open_.for_each_array(visit);
  }
  bool restore();

 private:
  void close_piece(KeyScratch<T>& scratch);

  PrefixState<T> state_;
  KeyBlock<T> open_;
  PackedKeys<T> packed_;
  Index before_open_ = 0;  ///< keys of the open chunk that are in the state
  Index packed_rows_ = 0;
  std::array<std::int32_t, 2> counts_{};
};

}  // namespace bochner::attention_internals
