// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/state.hpp"
#include "bochner/core/matrix.hpp"

#include <algorithm>
#include <span>
#include <vector>

/// \file
/// The keys of a stream that are still rows: the last ones and the first ones, of those that no
/// gate of 0 has made it forget.

namespace bochner::attention_internals {

/// Rows of keys and values, numbered as the stream has seen them.
template <Scalar T>
class NearKeys {
 public:
  NearKeys(Index dim, Index value_dim, const AttentionStateOptions& options);

  Index seen() const noexcept { return seen_; }
  /// How many keys have left for the sums when `seen` keys have come: those from `first_far()` on
  /// that are behind the window.
  Index left(Index seen) const noexcept;
  /// The first key that ever leaves.
  Index first_far() const noexcept { return std::max(first_keys_, start_); }
  /// The first key that is not forgotten.
  Index start() const noexcept { return start_; }

  /// `gate_sums` by key, as `KeyFactors` has them; empty where all are 0.
  void append(const MatrixView<const T>& keys, const MatrixView<const T>& values,
              std::span<const double> gate_sums);
  /// Forgets rows that no later query sees and that have left.
  void trim();
  /// Forgets all keys before this one, which is the next or comes with `follow`.
  void restart(Index start);
  /// After the keys of `next`, as if they had come here: takes over its rows, `gate_sum` more in
  /// the sums of each. What `next` has forgotten must be so here.
  void follow(const NearKeys& next, double gate_sum);

  /// The number of the first row that is held; a multiple of 256, for exact weights are summed by
  /// tiles of so many keys, unless states were merged.
  Index begin() const noexcept { return begin_; }
  /// Rows first .. end - 1 of those from begin() on.
  MatrixView<const T> keys(Index first, Index end) const {
    return {recent_keys_.data() + (first - begin_) * dim_, end - first, dim_};
  }
  MatrixView<const T> values(Index first, Index end) const {
    return {recent_values_.data() + (first - begin_) * value_dim_, end - first, value_dim_};
  }
  std::span<const double> gate_sums(Index first, Index end) const {
    if (first >= end) return {};
    return std::span(recent_sums_)
        .subspan(static_cast<std::size_t>(first - begin_), static_cast<std::size_t>(end - first));
  }
  /// Whether any of those sums is not 0.
  bool gated() const noexcept { return !recent_sums_.empty() && recent_sums_.back() != 0.0; }
  /// The first keys, from start() on.
  Index num_first() const noexcept {
    return std::max<Index>(std::min(seen_, first_keys_) - start_, 0);
  }
  MatrixView<const T> first_keys() const { return {first_rows_.data(), num_first(), dim_}; }
  MatrixView<const T> first_values() const {
    return {first_values_.data(), num_first(), value_dim_};
  }
  std::span<const double> first_gate_sums() const { return first_sums_; }
  /// What distances of keys are taken from, see `ExactGroup`: the first key from start() on.
  const std::vector<double>& origin() const noexcept { return origin_; }

  /// Calls visit(name, vector) for each vector of rows, for archives.
  template <class Visit>
  void for_each_vector(const Visit& visit) {
    visit("recent_keys", recent_keys_, dim_);
    visit("recent_values", recent_values_, value_dim_);
    visit("first_keys", first_rows_, dim_);
    visit("first_values", first_values_, value_dim_);
  }
  /// The same for sums of gates, by key.
  template <class Visit>
  void for_each_gate_vector(const Visit& visit) {
    visit("recent_gate_sums", recent_sums_);
    visit("first_gate_sums", first_sums_);
  }
  /// Puts numbers to what was read; false where they do not fit the rows.
  bool restore(Index seen, Index begin, Index start, const std::vector<double>& origin);

 private:
  Index dim_;
  Index value_dim_;
  Index window_;
  Index first_keys_;
  Index seen_ = 0;
  Index begin_ = 0;
  Index start_ = 0;
  std::vector<T> recent_keys_;
  std::vector<T> recent_values_;
  std::vector<T> first_rows_;
  std::vector<T> first_values_;
  std::vector<double> recent_sums_;
  std::vector<double> first_sums_;
  std::vector<double> origin_;
};

}  // namespace bochner::attention_internals
