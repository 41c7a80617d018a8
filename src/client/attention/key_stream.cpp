// SPDX-License-Identifier: Apache-2.0
#include "client/attention/key_stream.hpp"

#include <algorithm>

namespace bochner::attention_internals {
namespace {

bool plausible(const Exponents& exponents) {
  return std::all_of(exponents.begin(), exponents.end(), [](std::int32_t e) {
    return e == kNoMass || std::abs(static_cast<double>(e)) < simd::kMaxRowOffset;
  });
}

}  // namespace

template <Scalar T>
KeyStream<T>::KeyStream(const BlockMap<T>& map, Index value_dim)
    : state_(map.num_features(), value_dim), open_(map, value_dim), packed_(map) {}

template <Scalar T>
void KeyStream<T>::close_piece(KeyScratch<T>& scratch) {
  if (open_.rows() == 0) return;
  open_.sum_mass();
  scratch.sums.reset(open_.reference());
  scratch.sums.add(open_);
  state_.add(scratch.sums);
  before_open_ += open_.rows();
  open_.clear();
  packed_rows_ = 0;
}

template <Scalar T>
void KeyStream<T>::close(KeyScratch<T>& scratch) {
  close_piece(scratch);
  before_open_ = 0;
}

template <Scalar T>
Index KeyStream<T>::extend(MatrixView<const T> keys, MatrixView<const T> values,
                           std::span<const double> log2_factor, const RowOrigin& origin,
                           KeyScratch<T>& scratch) {
  if (before_open_ + open_.rows() == simd::kBlockRows) close(scratch);
  const Index old = open_.rows();
  const Index room = std::min(keys.rows, simd::kBlockRows - before_open_ - old);
  open_.load(keys.middle_rows(0, room), values.middle_rows(0, room),
             log2_factor.first(std::min(log2_factor.size(), static_cast<std::size_t>(room))),
             origin, scratch.workspace);
  if (old == 0) {
    open_.exponents_of(0, scratch.reference);
    if (before_open_ > 0) raise_to(state_.exponents(), scratch.reference);
    state_.raise(scratch.reference);
    open_.weigh(scratch.reference);
    if (open_.mass_in_range()) return open_.rows();
  } else {
    open_.weigh(open_.reference(), old);
  }
  open_.truncate(open_.first_over(std::max<Index>(old, 1)));
  if (open_.rows() > old) return open_.rows() - old;
  close_piece(scratch);
  return extend(keys, values, log2_factor, origin, scratch);
}

template <Scalar T>
void KeyStream<T>::pack() {
  if (packed_rows_ == open_.rows()) return;
  packed_.pack(open_, state_.view(), packed_rows_);
  packed_rows_ = open_.rows();
}

template <Scalar T>
void KeyStream<T>::merge(const KeyStream& other, KeyScratch<T>& scratch) {
  close(scratch);
  state_.merge(other.state_);
  KeyBlock<T> rest = other.open_;
  if (rest.rows() == 0) return;
  rest.sum_mass();
  scratch.sums.reset(rest.reference());
  scratch.sums.add(rest);
  state_.add(scratch.sums);
}

template <Scalar T>
bool KeyStream<T>::restore() {
  const auto [rows, before] = counts_;
  if (rows < 0 || before < 0 || rows > simd::kBlockRows || before > simd::kBlockRows - rows) {
    return false;
  }
  if (!plausible(state_.exponents()) || !plausible(open_.reference())) return false;
  open_.truncate(rows);
  before_open_ = before;
  packed_rows_ = 0;
  pack();
  return true;
}

template class KeyStream<float>;
template class KeyStream<double>;

}  // namespace bochner::attention_internals
