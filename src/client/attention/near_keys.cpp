// SPDX-License-Identifier: Apache-2.0
#include "client/attention/near_keys.hpp"

#include "client/attention/exact.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::attention_internals {
namespace {

template <Scalar T>
void push_row(const MatrixView<const T>& rows, Index r, std::vector<T>& out) {
  for (Index c = 0; c < rows.cols; ++c) out.push_back(rows(r, c));
}

template <class Vector>
void drop_front(Vector& rows, Index count) {
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

template <Scalar T>
NearKeys<T>::NearKeys(Index dim, Index value_dim, const AttentionStateOptions& options)
    : dim_(dim), value_dim_(value_dim), window_(options.window), first_keys_(options.first_keys) {}

template <Scalar T>
Index NearKeys<T>::left(Index seen) const noexcept {
  return std::max<Index>(seen - window_ - first_keys_, 0);
}

template <Scalar T>
void NearKeys<T>::append(const MatrixView<const T>& keys, const MatrixView<const T>& values) {
  for (Index r = 0; r < keys.rows; ++r, ++seen_) {
    if (seen_ == 0) {
      for (Index c = 0; c < dim_; ++c) {
        const auto x = static_cast<double>(keys(r, c));
        origin_.push_back(std::isfinite(x) ? x : 0.0);
      }
    }
    if (seen_ < first_keys_) {
      push_row(keys, r, first_rows_);
      push_row(values, r, first_values_);
    }
    push_row(keys, r, recent_keys_);
    push_row(values, r, recent_values_);
  }
}

template <Scalar T>
void NearKeys<T>::trim() {
  const Index needed = std::max<Index>(seen_ - window_, 0);
  const Index begin = begin_ + std::max<Index>(needed - begin_, 0) / kExactKeys * kExactKeys;
  const Index count = begin - begin_;
  // Now and then, so that a token does not move the whole window.
  if (count == 0 || 2 * count < seen_ - begin_) return;
  drop_front(recent_keys_, count * dim_);
  drop_front(recent_values_, count * value_dim_);
  begin_ = begin;
}

template <Scalar T>
void NearKeys<T>::follow(const NearKeys& next) {
  if (next.seen_ == 0) return;
  if (seen_ == 0) origin_ = next.origin_;
  for (Index r = 0; r < next.num_first() && seen_ + r < first_keys_; ++r) {
    push_row(next.first_keys(), r, first_rows_);
    push_row(next.first_values(), r, first_values_);
  }
  const Index held = next.seen_ - next.begin_;
  if (next.begin_ > 0) {  // all of these rows are older than the window
    recent_keys_.clear();
    recent_values_.clear();
    begin_ = seen_ + next.begin_;
  }
  const auto keys = next.keys(next.begin_, next.begin_ + held);
  const auto values = next.values(next.begin_, next.begin_ + held);
  for (Index r = 0; r < held; ++r) {
    push_row(keys, r, recent_keys_);
    push_row(values, r, recent_values_);
  }
  seen_ += next.seen_;
}

template <Scalar T>
bool NearKeys<T>::restore(Index seen, Index begin, const std::vector<double>& origin) {
  seen_ = seen;
  begin_ = begin;
  origin_ = origin;
  const auto rows = [](const std::vector<T>& elements, Index columns) {
    return columns == 0 ? Index{0} : static_cast<Index>(elements.size()) / columns;
  };
  return begin >= 0 && begin <= std::max<Index>(seen - window_, 0) &&
         rows(recent_keys_, dim_) == seen - begin &&
         rows(recent_values_, value_dim_) == seen - begin &&
         rows(first_rows_, dim_) == num_first() && rows(first_values_, value_dim_) == num_first() &&
         static_cast<Index>(origin.size()) == (seen > 0 ? dim_ : 0);
}

template class NearKeys<float>;
template class NearKeys<double>;

}  // namespace bochner::attention_internals
