// SPDX-License-Identifier: Apache-2.0
#include "client/attention/key_block.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bochner::attention_internals {
namespace {

/// A whole number within 1 of x, or 0 where there is none that an exponent could hold.
std::int32_t whole(double x) {
  return std::abs(x) < simd::kMaxRowExponent ? static_cast<std::int32_t>(x) : 0;
}

}  // namespace

void raise_to(const Exponents& floor, Exponents& exponents) {
  for (std::size_t j = 0; j < exponents.size(); ++j) {
    exponents[j] = std::max(exponents[j], floor[j]);
  }
}

template <Scalar T>
KeyBlock<T>::KeyBlock(const BlockMap<T>& map, Index value_dim)
    : map_(&map),
      value_dim_(value_dim),
      weights_(simd::kBlockRows, map.ld()),
      values_(simd::kBlockRows, simd::padded<T>(value_dim)),
      mass_(1, map.ld()),
      reference_(static_cast<std::size_t>(map.num_features())) {}

template <Scalar T>
void KeyBlock<T>::load(MatrixView<const T> keys, MatrixView<const T> values,
                       std::span<const double> log2_factor, const RowOrigin& origin,
                       feature_map::BlockWorkspace<T>& workspace) {
  const Index first = rows_;
  rows_ += keys.rows;
  summed_ = 0;
  if (map_->exponential()) {
    double* const offset = offset_.data() + first;
    map_->log_features(Side::key, keys, weights_.row(first), offset, workspace);
    refuse_long_rows(keys, offset, origin, workspace);
    mark_far_rows(workspace, first, keys.rows, far_);
    for (std::size_t r = 0; r < log2_factor.size(); ++r) offset[r] += log2_factor[r];
  } else {
    std::int32_t* const exponent = exponent_.data() + first;
    map_->features(Side::key, keys, weights_.row(first), exponent, workspace);
    refuse_long_rows(keys, exponent, origin, workspace);
    std::fill_n(factor_.begin() + first, keys.rows, T{1});
    for (std::size_t r = 0; r < log2_factor.size(); ++r) {
      const double whole = std::floor(log2_factor[r]);
      exponent[r] += static_cast<std::int32_t>(whole);
      factor_[static_cast<std::size_t>(first) + r] =
          static_cast<T>(std::exp2(log2_factor[r] - whole));
    }
  }
  refuse_large_values(values, origin);
  copy_rows(values, values_, first);
  ahead_ = origin.ahead;
}

template <Scalar T>
void KeyBlock<T>::exponents_of(Index row, Exponents& out) const {
  const auto r = static_cast<std::size_t>(row);
  if (!map_->exponential()) {
    out.assign(reference_.size(), exponent_[r]);
    return;
  }
  const T* const log_weights = weights_.row(row);
  for (std::size_t j = 0; j < reference_.size(); ++j) {
    out[j] = whole(static_cast<double>(log_weights[j]) + offset_[r]);
  }
}

template <Scalar T>
void KeyBlock<T>::top_exponents(Exponents& out) const {
  Exponents other(out.size());
  exponents_of(0, out);
  for (Index r = 1; r < rows_; ++r) {
    exponents_of(r, other);
    raise_to(other, out);
  }
}

template <Scalar T>
void KeyBlock<T>::weigh(const Exponents& reference, Index first) {
  reference_ = reference;
  if (map_->exponential() && any_far(far_, first, rows_)) {
    for (Index r = first; r < rows_; ++r) {
      const double* const offset = offset_.data() + r;
      if (far_[static_cast<std::size_t>(r)]) {
        weigh_far_key(weights_.row(r), map_->num_features(), *offset, reference_.data());
      } else {
        simd::kernels<T>().exp2_columns(weights_.row(r), weights_.cols(), 1, map_->num_features(),
                                        offset, reference_.data(), nullptr, {});
      }
    }
    unit_.fill(T{1});
    return;
  }
  if (map_->exponential()) {
    simd::kernels<T>().exp2_columns(weights_.row(first), weights_.cols(), rows_ - first,
                                    map_->num_features(), offset_.data() + first, reference_.data(),
                                    first == 0 ? mass_.data() : nullptr, ahead_);
    if (first == 0) summed_ = rows_;
    unit_.fill(T{1});
    return;
  }
  for (Index r = first; r < rows_; ++r) {
    const auto i = static_cast<std::size_t>(r);
    unit_[i] = factor_[i] * exact_power<T>(std::int64_t{exponent_[i]} - reference_.front());
    T* const value = values_.row(r);
    for (Index c = 0; c < value_dim_; ++c) value[c] *= unit_[i];
  }
}

template <Scalar T>
void KeyBlock<T>::sum_mass() {
  if (summed_ == rows_) return;
  summed_ = rows_;
  simd::kernels<T>().column_sums(weights_.data(), weights_.cols(), rows_, map_->num_features(),
                                 map_->exponential() ? nullptr : unit_.data(), mass_.data());
}

template <Scalar T>
Index KeyBlock<T>::first_over(Index first) const {
  const T limit = exact_power<T>(kHeadroom);
  const Index features = map_->num_features();
  for (Index r = first; r < rows_; ++r) {
    const T* const weight = weights_.row(r);
    std::int32_t over = 0;  // counted without a branch, so that the loop is vectorised
    if (map_->exponential()) {
      for (Index j = 0; j < features; ++j) over += weight[j] > limit ? 1 : 0;
    } else {
      over = unit_[static_cast<std::size_t>(r)] > limit ? 1 : 0;
    }
    if (over != 0) return r;
  }
  return rows_;
}

template <Scalar T>
bool KeyBlock<T>::mass_in_range() const {
  const T* const mass = mass_.data();
  const T limit = exact_power<T>(kHeadroom);
  return map_->exponential() && summed_ == rows_ &&
         std::all_of(mass, mass + map_->num_features(), [&](T sum) { return sum <= limit; });
}

template <Scalar T>
std::int32_t KeyBlock<T>::top() const {
  return *std::max_element(exponent_.begin(), exponent_.begin() + rows_);
}

template class KeyBlock<float>;
template class KeyBlock<double>;

}  // namespace bochner::attention_internals
