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
  return std::max<Index>(seen - window_ - first_far(), 0);
}

template <Scalar T>
void NearKeys<T>::append(const MatrixView<const T>& keys, const MatrixView<const T>& values,
                         std::span<const double> gate_sums) {
  for (Index r = 0; r < keys.rows; ++r, ++seen_) {
    const double gate_sum = gate_sums.empty() ? 0.0 : gate_sums[static_cast<std::size_t>(r)];
    if (seen_ == start_) {
      for (Index c = 0; c < dim_; ++c) {
        const auto x = static_cast<double>(keys(r, c));
        origin_.push_back(std::isfinite(x) ? x : 0.0);
      }
    }
    if (seen_ < first_keys_) {
      push_row(keys, r, first_rows_);
      push_row(values, r, first_values_);
      first_sums_.push_back(gate_sum);
    }
    push_row(keys, r, recent_keys_);
    push_row(values, r, recent_values_);
    recent_sums_.push_back(gate_sum);
  }
}

template <Scalar T>
void NearKeys<T>::restart(Index start) {
  start_ = begin_ = start;
  for (auto* const rows : {&recent_keys_, &recent_values_, &first_rows_, &first_values_}) {
    rows->clear();
  }
  for (auto* const sums : {&recent_sums_, &first_sums_, &origin_}) sums->clear();
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
  drop_front(recent_sums_, count);
  begin_ = begin;
}

template <Scalar T>
void NearKeys<T>::follow(const NearKeys& next, double gate_sum) {
  if (next.seen_ == 0) return;
  if (origin_.empty()) origin_ = next.origin_;
  for (Index r = 0; r < next.num_first() && seen_ + next.start_ + r < first_keys_; ++r) {
    push_row(next.first_keys(), r, first_rows_);
    push_row(next.first_values(), r, first_values_);
    first_sums_.push_back(gate_sum + next.first_sums_[static_cast<std::size_t>(r)]);
  }
  const Index held = next.seen_ - next.begin_;
  if (next.begin_ > 0) {  // all of these rows are older than the window
    recent_keys_.clear();
    recent_values_.clear();
    recent_sums_.clear();
    begin_ = seen_ + next.begin_;
  }
  const auto keys = next.keys(next.begin_, next.begin_ + held);
  const auto values = next.values(next.begin_, next.begin_ + held);
  for (Index r = 0; r < held; ++r) {
    push_row(keys, r, recent_keys_);
    push_row(values, r, recent_values_);
    recent_sums_.push_back(gate_sum + next.recent_sums_[static_cast<std::size_t>(r)]);
  }
  seen_ += next.seen_;
}

template <Scalar T>
bool NearKeys<T>::restore(Index seen, Index begin, Index start, const std::vector<double>& origin) {
  seen_ = seen;
  begin_ = begin;
  start_ = start;
  origin_ = origin;
  const auto rows = [](const std::vector<T>& elements, Index columns) {
    return columns == 0 ? Index{0} : static_cast<Index>(elements.size()) / columns;
  };
  if (start < 0 || start > begin || (start > 0 && start >= seen)) return false;
  const bool fit =
      begin <= std::max<Index>(seen - window_, start) && rows(recent_keys_, dim_) == seen - begin &&
      rows(recent_values_, value_dim_) == seen - begin && rows(first_rows_, dim_) == num_first() &&
      rows(first_values_, value_dim_) == num_first() &&
      static_cast<Index>(origin.size()) == (seen > 0 ? dim_ : 0);
  if (!fit) return false;
  const auto recent = static_cast<std::size_t>(seen - begin);
  const auto first = static_cast<std::size_t>(num_first());
  if (recent_sums_.empty() && first_sums_.empty()) {  // without gates there is nothing to read
    recent_sums_.resize(recent);
    first_sums_.resize(first);
  }
  return recent_sums_.size() == recent && first_sums_.size() == first;
}

template class NearKeys<float>;
template class NearKeys<double>;

}  // namespace bochner::attention_internals
