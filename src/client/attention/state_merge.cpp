// SPDX-License-Identifier: Apache-2.0
#include "client/attention/state_impl.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace bochner {

using namespace attention_internals;

namespace {

/// Takes in all that `others` have seen, their weights times 2^log2_factor.
template <Scalar T>
void merge_faded(const KeyStream<T>& others, double log2_factor, KeyStream<T>& stream,
                 KeyScratch<T>& scratch) {
  if (log2_factor == 0.0) return stream.merge(others, scratch);
  KeyStream<T> scaled = others;
  scaled.close(scratch);
  scaled.scale(log2_factor);
  stream.merge(scaled, scratch);
}

}  // namespace

template <Scalar T>
void AttentionState<T>::Impl::merge(const Impl& next) {
  constexpr Door kDoor("AttentionState::merge");
  const auto& mine = maps_.all();
  const auto& others = next.maps_.all();
  for (std::size_t m = 0; m < std::min(mine.size(), others.size()); ++m) {
    if (mine[m].spec() == others[m].spec()) continue;
    kDoor.refuse("the other state is of another map: " + to_text(others[m].spec()));
  }
  if (batch_ != next.batch_ || key_heads_ != next.key_heads_ || value_dim_ != next.value_dim_) {
    kDoor.refuse("batch, key_heads and value_dim are " + std::to_string(next.batch_) + ", " +
                 std::to_string(next.key_heads_) + " and " + std::to_string(next.value_dim_) +
                 ", expected " + std::to_string(batch_) + ", " + std::to_string(key_heads_) +
                 " and " + std::to_string(value_dim_));
  }
  kDoor.entries("the other state's maps", static_cast<Index>(others.size()),
                static_cast<Index>(mine.size()), "as here");
  if (options_ != next.options_) {
    kDoor.refuse("the other state has other options, expected those of this one");
  }
  require_joinable_gates(kDoor, next);
  const auto count = [&](Index b) { return next.lengths_[static_cast<std::size_t>(b)]; };
  std::vector<Index> lengths = extended_lengths(kDoor, count);
  if (has_near()) {
    Impl merged_near(*this);  // all of them or none
    merged_near.merge_near(next);
    streams_.swap(merged_near.streams_);
    near_.swap(merged_near.near_);
    gate_sums_.swap(merged_near.gate_sums_);
    lengths_.swap(lengths);
    return;
  }
  std::vector<KeyStream<T>> merged = streams_;  // all of them or none
  std::vector<GateSum> gate_sums = gate_sums_;
  for (Index h = 0; h < key_heads_; ++h) {
    KeyScratch<T> scratch(maps_[h].blocks(), value_dim_);
    for (Index s = h; s < static_cast<Index>(merged.size()); s += key_heads_) {
      const auto at = static_cast<std::size_t>(s);
      const GateSum& gates = next.gate_sums_[at];
      if (gates.forgot) merged[at] = fresh_stream(h);
      merge_faded(next.streams_[at], gate_sums[at].added_to(gates), merged[at], scratch);
      gate_sums[at].join(gates);
    }
  }
  streams_.swap(merged);
  gate_sums_.swap(gate_sums);
  lengths_.swap(lengths);
}

template <Scalar T>
void AttentionState<T>::Impl::merge_near(const Impl& next) {
  constexpr Door kDoor("AttentionState::merge");
  const auto silent = [](Index) {};
  for (Index h = 0; h < key_heads_; ++h) {
    KeyScratch<T> scratch(maps_[h].blocks(), value_dim_);
    for (Index b = 0; b < batch_; ++b) {
      NearKeys<T>& mine = near_keys(b, h);
      const NearKeys<T>& theirs = next.near_keys(b, h);
      const Index seen = mine.seen();
      const double added = gate_sum(b, h).added_to(next.gate_sum(b, h));
      if (next.gate_sum(b, h).forgot) {
        stream(b, h) = fresh_stream(h);
        mine.restart(seen + theirs.start());
      }
      const Index left = mine.first_far() + mine.left(seen + theirs.seen());
      if (options_.rest == Rest::features) {
        const Index first = mine.first_far() + mine.left(seen);
        const Index end = std::min(seen, left);
        if (end > first) {
          leave(kDoor, b, h, mine.keys(first, end), mine.values(first, end),
                mine.gate_sums(first, end), first, scratch, silent);
        }
        // First keys there need not be so here.
        const Index offset = seen + theirs.start();
        const Index begin = std::max<Index>(mine.first_far() - offset, 0);
        const Index stop = std::min(theirs.num_first(), left - offset);
        if (stop > begin) {
          std::vector<double> sums(theirs.first_gate_sums().begin() + begin,
                                   theirs.first_gate_sums().begin() + stop);
          for (double& sum : sums) sum += added;
          leave(kDoor, b, h, theirs.first_keys().middle_rows(begin, stop - begin),
                theirs.first_values().middle_rows(begin, stop - begin), sums, offset + begin,
                scratch, silent);
        }
        KeyStream<T> others = next.stream(b, h);
        others.close(scratch);
        others.scale(decay_of(h) * static_cast<double>(seen) + added);
        stream(b, h).merge(others, scratch);
      }
      mine.follow(theirs, added);
      gate_sum(b, h).join(next.gate_sum(b, h));
      stream(b, h).pack();
    }
  }
}

template <Scalar T>
void AttentionState<T>::merge(const AttentionState& next) {
  impl_->merge(*next.impl_);
}

template void AttentionState<float>::merge(const AttentionState&);
template void AttentionState<double>::merge(const AttentionState&);

}  // namespace bochner
