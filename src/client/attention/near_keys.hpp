// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/attention/state.hpp"
#include "bochner/core/matrix.hpp"

#include <vector>

/// \file
/// The keys of a stream that are still rows: the last ones and the first ones.

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
  Index first_far() const noexcept { return first_keys_; }

  void append(const MatrixView<const T>& keys, const MatrixView<const T>& values);
  /// Forgets rows that no later query sees and that have left.
  void trim();
  /// After the keys of `next`, as if they had come here: takes over its rows.
  void follow(const NearKeys& next);

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
  /// The first keys.
  Index num_first() const noexcept { return std::min(seen_, first_keys_); }
  MatrixView<const T> first_keys() const { return {first_rows_.data(), num_first(), dim_}; }
  MatrixView<const T> first_values() const {
    return {first_values_.data(), num_first(), value_dim_};
  }
  /// What distances of keys are taken from, see `ExactGroup`: the first key of all.
  const std::vector<double>& origin() const noexcept { return origin_; }

  /// Calls visit(name, vector) for each vector of rows, for archives.
  template <class Visit>
  void for_each_vector(const Visit& visit) {
    visit("recent_keys", recent_keys_, dim_);
    visit("recent_values", recent_values_, value_dim_);
    visit("first_keys", first_rows_, dim_);
    visit("first_values", first_values_, value_dim_);
  }
  /// Puts numbers to what was read; false where they do not fit the rows.
  bool restore(Index seen, Index begin, const std::vector<double>& origin);

 private:
  Index dim_;
  Index value_dim_;
  Index window_;
  Index first_keys_;
  Index seen_ = 0;
  Index begin_ = 0;
  std::vector<T> recent_keys_;
  std::vector<T> recent_values_;
  std::vector<T> first_rows_;
  std::vector<T> first_values_;
  std::vector<double> origin_;
};

}  // namespace bochner::attention_internals
