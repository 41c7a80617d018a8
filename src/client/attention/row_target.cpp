// SPDX-License-Identifier: Apache-2.0
#include "client/attention/row_target.hpp"

namespace bochner::attention_internals {

template <Scalar T>
void RowTarget<T>::take(const QueryBlock<T>& queries, const AttentionSequence& sequence, Index head,
                        Index first, AttentionReport& report) const {
  if (sums_ == nullptr) {
    queries.finish(rows(sequence, head, first, queries.rows()), report);
    return;
  }
  for (Index r = 0; r < queries.rows(); ++r) {
    take_row(sequence, head, first + r, queries.numerator().row(r),
             queries.normaliser()[static_cast<std::size_t>(r)], queries.unit(r));
  }
}

template <Scalar T>
void RowTarget<T>::take_empty(const AttentionSequence& sequence, Index head, Index first,
                              Index count, AttentionReport& report) const {
  if (sums_ == nullptr) finish_empty(rows(sequence, head, first, count), report);
}

template <Scalar T>
template <Scalar U>
void RowTarget<T>::take_row(const AttentionSequence& sequence, Index head, Index query,
                            const U* numerator, U normaliser, double unit) const {
  sums_->add(sequence.batch, head, position(sequence, query), numerator, normaliser, unit);
}

template <Scalar T>
MatrixView<T> RowTarget<T>::rows(const AttentionSequence& sequence, Index head, Index first,
                                 Index count) const {
  const MatrixView<T> all = head_rows(out_, sequence.batch, head);
  const Index start = position(sequence, first);
  if (!rows_.empty()) return all.middle_rows(start, 1);
  if (order_ == RowOrder::forward) return all.middle_rows(start, count);
  return {all.row(start), count, all.cols, -all.row_stride, all.col_stride};
}

template class RowTarget<float>;
template class RowTarget<double>;
template void RowTarget<float>::take_row<float>(const AttentionSequence&, Index, Index,
                                                const float*, float, double) const;
template void RowTarget<float>::take_row<double>(const AttentionSequence&, Index, Index,
                                                 const double*, double, double) const;
template void RowTarget<double>::take_row<double>(const AttentionSequence&, Index, Index,
                                                  const double*, double, double) const;

}  // namespace bochner::attention_internals
