// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact.hpp"

#include "client/attention/key_factors.hpp"
#include "client/attention/rows.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace bochner::attention_internals {
namespace {

template <Scalar T, Scalar U>
void widen_rows(MatrixView<const T> rows, Matrix<U>& out) {
  for (Index r = 0; r < rows.rows; ++r) {
    for (Index c = 0; c < rows.cols; ++c) out(r, c) = static_cast<U>(rows(r, c));
  }
}

}  // namespace

template <Scalar T, Scalar U>
ExactKeys<T, U>::ExactKeys(const ExactCall<T>& call, ExactRange range)
    : call_(&call),
      range_(range),
      keys_(kExactKeys, simd::padded<U>(call.problem.dim)),
      packed_(call.problem.dim, kExactKeys),
      values_(kExactKeys, simd::padded<U>(call.problem.value_dim)),
      bias_(1, kExactKeys),
      buffer_(kExactKeys, std::max(call.problem.dim, call.problem.value_dim)) {}

template <Scalar T, Scalar U>
void ExactKeys<T, U>::load(const AttentionSequence& sequence, Index key_head, Index first,
                           Index count) {
  sequence_ = &sequence;
  key_head_ = key_head;
  first_ = first;
  count_ = count;
  const Index dim = call_->problem.dim;
  const ExactGroup& group = call_->group(sequence, key_head);
  const auto keys = live_rows(sequence, head_rows(call_->inputs.keys, sequence.batch, key_head),
                              first, count, buffer_);
  if (is_wide(range_)) {
    widen_rows(keys, keys_);
  } else {
    call_->kernel.template transform<T, U>(Side::key, group.origin.data(), keys, keys_);
  }
  const auto hidden = [&](Index r) { return !group.seen[static_cast<std::size_t>(first + r)]; };
  for (Index r = 0; r < count; ++r) {
    if (hidden(r)) std::fill_n(keys_.row(r), dim, U{0});
  }
  simd::kernels<U>().pack_transposed(keys_.data(), keys_.cols(), count, dim, nullptr,
                                     packed_.data());
  const auto values = live_rows(sequence, head_rows(call_->inputs.values, sequence.batch, key_head),
                                first, count, buffer_);
  widen_rows(values, values_);
  const U scale = static_cast<U>(value_scale(range_));
  poisoned_.clear();
  for (Index r = 0; r < count; ++r) {
    if (!is_wide(range_) && call_->kernel.key_weight() != 0.0) {
      double squared_norm = 0.0;
      for (Index k = 0; k < dim; ++k) squared_norm += std::pow(static_cast<double>(keys_(r, k)), 2);
      bias_(0, r) = static_cast<U>(call_->kernel.key_weight() * squared_norm);
    }
    U* const value = values_.row(r);
    if (hidden(r)) {
      std::fill_n(value, call_->problem.value_dim, U{0});
      continue;
    }
    if (!group.sizes[static_cast<std::size_t>(first + r)].finite) {
      poisoned_.push_back(r);
      for (Index c = 0; c < call_->problem.value_dim; ++c) {
        if (!std::isfinite(value[c])) value[c] = U{0};
      }
    }
    if (scale == U{1}) continue;
    for (Index c = 0; c < call_->problem.value_dim; ++c) value[c] *= scale;
  }
}

template <Scalar T, Scalar U>
U ExactKeys<T, U>::value(Index key, Index column) const {
  const auto values = head_rows(call_->inputs.values, sequence_->batch, key_head_);
  return static_cast<U>(values(sequence_->first_key + sequence_->position(first_ + key), column));
}

template <Scalar T, Scalar U>
ExactQueries<T, U>::ExactQueries(const ExactCall<T>& call, ExactRange range)
    : call_(&call),
      range_(range),
      queries_(simd::kBlockRows, simd::padded<U>(call.problem.dim)),
      origin_(is_wide(range) ? simd::kBlockRows : 0, call.problem.dim) {}

template <Scalar T, Scalar U>
void ExactQueries<T, U>::load(const AttentionSequence& sequence, Index head, Index first,
                              Index count) {
  sequence_ = &sequence;
  head_ = head;
  first_ = first;
  count_ = count;
  const auto rows = head_rows(call_->inputs.queries, sequence.batch, head)
                        .middle_rows(sequence.first_query + first, count);
  for (Index r = 0; r < count && !factors().trivial(); ++r) {
    const Index end = sequence.visible_end(first + r);
    last_key_[static_cast<std::size_t>(r)] =
        sequence.first_key + (end > 0 ? sequence.position(end - 1) : 0);
  }
  const ExactGroup& group = call_->group(sequence, head / call_->problem.heads_per_key_head);
  if (!is_wide(range_)) {
    call_->kernel.template transform<T, U>(Side::query, group.origin.data(), rows, queries_);
    return;
  }
  widen_rows(rows, queries_);
  for (Index r = 0; r < count; ++r) {
    find_origin(r);
    const double top = top_bias(*call_, sequence, head, first + r);
    top_bias_[static_cast<std::size_t>(r)] = std::isfinite(top) ? top : 0.0;
  }
}

template <Scalar T, Scalar U>
void ExactQueries<T, U>::find_origin(Index r) {
  if (call_->kernel.shift_invariant()) {
    std::copy_n(queries_.row(r), call_->problem.dim, origin_.row(r));
    return;
  }
  const Index query = first_ + r;
  const Index end = sequence_->visible_end(query);
  Index key = sequence_->first_visible(query);
  while (key < end && !call_->allows(*sequence_, head_, query, key)) ++key;
  const auto keys =
      head_rows(call_->inputs.keys, sequence_->batch, head_ / call_->problem.heads_per_key_head);
  for (Index c = 0; c < keys.cols; ++c) {
    const double x =
        key < end ? static_cast<double>(keys(sequence_->first_key + sequence_->position(key), c))
                  : 0.0;
    origin_(r, c) = std::isfinite(x) ? x : 0.0;
  }
}

template <Scalar T, Scalar U>
Index ExactQueries<T, U>::begin() const {
  return sequence_->first_visible(first_);
}

template <Scalar T, Scalar U>
Index ExactQueries<T, U>::end() const {
  return sequence_->visible_end(first_ + count_ - 1);
}

template <Scalar T, Scalar U>
bool ExactQueries<T, U>::score(const ExactKeys<T, U>& keys, Matrix<U>& logits) {
  for (Index r = 0; r < count_; ++r) {
    const Index seen = sequence_->visible_end(first_ + r) - keys.first();
    seen_[static_cast<std::size_t>(r)] =
        static_cast<std::int32_t>(std::clamp<Index>(seen, 0, keys.count()));
  }
  const Index most = seen_[static_cast<std::size_t>(count_ - 1)];
  if (most == 0 || begin() >= keys.first() + keys.count()) return false;
  const Index hidden = std::max<Index>(begin() - keys.first(), 0);
  skipped_ = is_wide(range_) ? 0 : std::min(hidden, most) / simd::kPanel<U> * simd::kPanel<U>;
  multiply(keys, most, logits);
  add_bias(keys, logits);
  if (!factors().trivial()) add_factors(keys, logits);
  apply_masks(keys, logits);
  return true;
}

template <Scalar T, Scalar U>
double ExactQueries<T, U>::log_constant(Index r) const {
  const ExactKernel& kernel = call_->kernel;
  const double factor = factors().at(last_key_[static_cast<std::size_t>(r)]);
  if (!is_wide(range_)) {  // these carry the factor log2(e)
    double squared_norm = 0.0;
    for (Index k = 0; k < call_->problem.dim && kernel.key_weight() != 0.0; ++k) {
      squared_norm += std::pow(static_cast<double>(queries_(r, k)) / std::numbers::log2e, 2);
    }
    return kernel.key_weight() * squared_norm + factor;
  }
  double logit = top_bias_[static_cast<std::size_t>(r)];
  if constexpr (std::same_as<U, double>) {
    if (!kernel.shift_invariant()) logit += kernel.log_similarity(queries_.row(r), origin_.row(r));
  }
  return std::numbers::log2e * logit + factor;
}

template <Scalar T, Scalar U>
void ExactQueries<T, U>::multiply(const ExactKeys<T, U>& keys, Index most,
                                  Matrix<U>& logits) const {
  if constexpr (std::same_as<U, double>) {
    if (is_wide(range_)) {
      for (Index r = 0; r < count_; ++r) {
        call_->kernel.log_similarities(queries_.row(r), origin_.row(r), keys.packed(), most,
                                       logits.row(r));
      }
      return;
    }
  }
  const Index dim = call_->problem.dim;
  simd::kernels<U>().project(queries_.data(), queries_.cols(), count_,
                             keys.packed() + skipped_ * dim, dim, most - skipped_,
                             logits.data() + skipped_, logits.cols());
  if (call_->kernel.key_weight() == 0.0) return;
  for (Index r = 0; r < count_; ++r) {
    U* const row = logits.row(r);
    for (Index j = skipped_; j < seen_[static_cast<std::size_t>(r)]; ++j) row[j] += keys.bias()[j];
  }
}

template <Scalar T, Scalar U>
void ExactQueries<T, U>::add_bias(const ExactKeys<T, U>& keys, Matrix<U>& logits) const {
  constexpr U kLog2E = static_cast<U>(std::numbers::log2e);
  const bool wide = is_wide(range_);
  const bool biased = call_->bias.data != nullptr;
  if (!wide && !biased) return;
  const auto bias =
      biased ? head_rows(call_->bias, sequence_->batch, head_) : MatrixView<const T>{};
  for (Index r = 0; r < count_; ++r) {
    const auto i = static_cast<std::size_t>(r);
    const U top = static_cast<U>(top_bias_[i]);
    U* const row = logits.row(r);
    for (Index j = skipped_; j < seen_[i]; ++j) {
      const U own =
          !biased
              ? U{0}
              : static_cast<U>(bias(sequence_->first_query + first_ + r,
                                    sequence_->first_key + sequence_->position(keys.first() + j)));
      row[j] = wide ? kLog2E * (row[j] + (own - top)) : row[j] + kLog2E * own;
    }
  }
}

template <Scalar T, Scalar U>
KeyFactors ExactQueries<T, U>::factors() const {
  return {call_->problem, sequence_->batch, head_ / call_->problem.heads_per_key_head,
          sequence_->row_number};
}

template <Scalar T, Scalar U>
void ExactQueries<T, U>::add_factors(const ExactKeys<T, U>& keys, Matrix<U>& logits) const {
  const KeyFactors all = factors();
  for (Index r = 0; r < count_; ++r) {
    const auto i = static_cast<std::size_t>(r);
    U* const row = logits.row(r);
    for (Index j = skipped_; j < seen_[i]; ++j) {
      const Index key = sequence_->first_key + sequence_->position(keys.first() + j);
      row[j] -= static_cast<U>(all.between(key, last_key_[i]));
    }
  }
}

template <Scalar T, Scalar U>
void ExactQueries<T, U>::apply_masks(const ExactKeys<T, U>& keys, Matrix<U>& logits) const {
  constexpr U kMasked = -std::numeric_limits<U>::infinity();
  if (sequence_->from) {
    for (Index r = 0; r < count_; ++r) {
      const Index hidden = sequence_->first_visible(first_ + r) - keys.first();
      const Index seen = seen_[static_cast<std::size_t>(r)];
      std::fill_n(logits.row(r), std::clamp<Index>(hidden, 0, seen), kMasked);
    }
  }
  if (call_->options.allowed.data == nullptr) return;
  const auto allowed = head_rows(call_->options.allowed, sequence_->batch, head_);
  for (Index r = 0; r < count_; ++r) {
    U* const row = logits.row(r);
    for (Index j = 0; j < seen_[static_cast<std::size_t>(r)]; ++j) {
      if (!allowed(sequence_->first_query + first_ + r,
                   sequence_->first_key + sequence_->position(keys.first() + j))) {
        row[j] = kMasked;
      }
    }
  }
}

template class ExactKeys<float, float>;
template class ExactKeys<float, double>;
template class ExactKeys<double, double>;
template class ExactQueries<float, float>;
template class ExactQueries<float, double>;
template class ExactQueries<double, double>;

}  // namespace bochner::attention_internals
