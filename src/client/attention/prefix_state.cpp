// SPDX-License-Identifier: Apache-2.0
#include "client/attention/prefix_state.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::attention_internals {

template <Scalar T>
PrefixState<T>::PrefixState(Index num_features, Index value_dim)
    : value_dim_(value_dim),
      values_(num_features, simd::padded<T>(value_dim)),
      values_rest_(num_features, simd::padded<T>(value_dim)),
      mass_(1, simd::padded<T>(num_features)),
      mass_rest_(1, simd::padded<T>(num_features)),
      exponent_(static_cast<std::size_t>(num_features), kNoMass),
      scales_(2, simd::padded<T>(num_features)) {}

template <Scalar T>
void PrefixState<T>::raise(const Exponents& reference) {
  for (std::size_t j = 0; j < exponent_.size(); ++j) {
    if (exponent_[j] == kNoMass) {
      exponent_[j] = reference[j];
    } else if (std::int64_t{reference[j]} > std::int64_t{exponent_[j]} + kSlack) {
      const T scale = exact_power<T>(std::int64_t{exponent_[j]} - reference[j]);
      const auto row = static_cast<Index>(j);
      for (Matrix<T>* const array : {&values_, &values_rest_}) {
        for (Index c = 0; c < value_dim_; ++c) (*array)(row, c) *= scale;
      }
      mass_(0, row) *= scale;
      mass_rest_(0, row) *= scale;
      exponent_[j] = reference[j];
    }
  }
}

template <Scalar T>
void PrefixState<T>::add(const Matrix<T>& values, const Matrix<T>& mass, const Exponents& reference,
                         const Exponents& tops) {
  raise(tops);
  T* const own = scales_.row(0);
  T* const others = scales_.row(1);
  for (std::size_t j = 0; j < exponent_.size(); ++j) {
    own[j] = T{1};
    others[j] = exact_power<T>(std::int64_t{reference[j]} - exponent_[j]);
  }
  const Index features = num_features();
  simd::kernels<T>().add_compensated(values_.data(), values_rest_.data(), values.data(),
                                     values_.cols(), features, value_dim_, own, others);
  for (Index j = 0; j < features; ++j) {  // the same, with a scale per entry
    const T a = mass_(0, j);
    const T b = others[j] * mass(0, j);
    const T total = a + b;
    const T other = total - a;
    const T correction = mass_rest_(0, j) + ((a - (total - other)) + (b - other));
    mass_(0, j) = total + correction;
    mass_rest_(0, j) = correction - (mass_(0, j) - total);
  }
}

template <Scalar T>
void PrefixState<T>::add(const KeySums<T>& sums) {
  Exponents tops(exponent_.size());
  sums.top_exponents(tops);
  add(sums.values(), sums.mass(), sums.reference(), tops);
}

template <Scalar T>
void PrefixState<T>::scale(double log2_factor) {
  if (log2_factor == 0.0) return;
  const double whole = std::floor(log2_factor);
  const T rest = static_cast<T>(std::exp2(log2_factor - whole));
  for (Matrix<T>* const array : {&values_, &values_rest_, &mass_, &mass_rest_}) {
    for (Index i = 0; i < array->size(); ++i) array->data()[i] *= rest;
  }
  for (std::int32_t& e : exponent_) {
    if (e != kNoMass) e += static_cast<std::int32_t>(whole);
  }
}

template <Scalar T>
void PrefixState<T>::merge(const PrefixState& other) {
  add(other.values_, other.mass_, other.exponent_, other.exponent_);
  add(other.values_rest_, other.mass_rest_, other.exponent_, other.exponent_);
}

template class PrefixState<float>;
template class PrefixState<double>;

}  // namespace bochner::attention_internals
