// SPDX-License-Identifier: Apache-2.0
#include "client/attention/key_sums.hpp"

namespace bochner::attention_internals {

template <Scalar T>
KeySums<T>::KeySums(const BlockMap<T>& map, Index value_dim, Products products)
    : exponential_(map.exponential()),
      num_features_(map.num_features()),
      value_dim_(value_dim),
      values_(num_features_, simd::padded<T>(value_dim)),
      mass_(1, map.ld()),
      reference_(static_cast<std::size_t>(num_features_)) {
  if (products == Products::bfloat16) reduced_.emplace(num_features_, value_dim);
}

template <Scalar T>
void KeySums<T>::reset(const Exponents& reference) {
  reference_ = reference;
  top_ = kNoMass;
  std::fill_n(values_.data(), values_.size(), T{0});
  std::fill_n(mass_.data(), mass_.size(), T{0});
}

template <Scalar T>
void KeySums<T>::add(const KeyBlock<T>& block) {
  if constexpr (std::same_as<T, float>) {
    if (reduced_) {
      reduced_->accumulate(block.weights(), block.rows(), block.values().data(), values_.data());
    }
  }
  if (!reduced_) {
    simd::kernels<T>().accumulate(block.weights(), mass_.cols(), block.rows(), num_features_,
                                  block.values().data(), values_.cols(), value_dim_, nullptr,
                                  values_.data(), values_.cols());
  }
  for (Index j = 0; j < num_features_; ++j) mass_(0, j) += block.mass()(0, j);
  if (!exponential_) top_ = std::max(top_, block.top());
}

template <Scalar T>
void KeySums<T>::raise(const Exponents& reference) {
  for (Index j = 0; j < num_features_; ++j) {
    std::int32_t& old = reference_[static_cast<std::size_t>(j)];
    const std::int32_t now = reference[static_cast<std::size_t>(j)];
    if (now == old) continue;
    const T scale = exact_power<T>(std::int64_t{old} - now);
    for (Index c = 0; c < value_dim_; ++c) values_(j, c) *= scale;
    mass_(0, j) *= scale;
    old = now;
  }
}

template <Scalar T>
void KeySums<T>::top_exponents(Exponents& out) const {
  for (std::size_t j = 0; j < reference_.size(); ++j) {
    out[j] =
        exponential_ ? reference_[j] + exponent_over(mass_(0, static_cast<Index>(j)), 0) : top_;
  }
}

template class KeySums<float>;
template class KeySums<double>;

}  // namespace bochner::attention_internals
