// SPDX-License-Identifier: Apache-2.0
#include "client/attention/gradient_sums.hpp"

#include <algorithm>

namespace bochner::attention_internals {

template <Scalar T>
GradientSums<T>::GradientSums(const BlockMap<T>& map, Index columns)
    : num_features(map.num_features()),
      value_dim(columns),
      values(num_features, simd::padded<T>(columns)),
      mass(1, map.ld()),
      mass_part_(1, map.ld()) {}

template <Scalar T>
void GradientSums<T>::clear() {
  std::fill_n(values.data(), values.size(), T{0});
  std::fill_n(mass.data(), mass.size(), T{0});
}

template <Scalar T>
void GradientSums<T>::add(const Matrix<T>& weights, Index rows, const Matrix<T>& g_values,
                          const T* g_mass) {
  const auto& engine = simd::kernels<T>();
  engine.accumulate(weights.data(), weights.cols(), rows, num_features, g_values.data(),
                    g_values.cols(), value_dim, nullptr, values.data(), values.cols());
  engine.column_sums(weights.data(), weights.cols(), rows, num_features, g_mass, mass_part_.data());
  for (Index j = 0; j < num_features; ++j) mass(0, j) += mass_part_(0, j);
}

template <Scalar T>
GradientState<T>::GradientState(const BlockMap<T>& map, Index value_dim)
    : value_dim_(value_dim),
      values_(map.num_features(), simd::padded<T>(value_dim)),
      values_rest_(map.num_features(), simd::padded<T>(value_dim)),
      mass_(1, map.ld()),
      mass_rest_(1, map.ld()),
      ones_(1, map.ld()),
      scales_(1, map.ld()),
      mass_part_(1, map.ld()) {
  std::fill_n(ones_.data(), ones_.size(), T{1});
}

template <Scalar T>
void GradientState<T>::lower(const Exponents& exponents) {
  if (exponent_.empty()) exponent_ = exponents;
  for (std::size_t j = 0; j < exponents.size(); ++j) {
    if (exponents[j] == exponent_[j]) continue;
    const T scale = exact_power<T>(std::int64_t{exponents[j]} - exponent_[j]);
    const auto row = static_cast<Index>(j);
    for (Matrix<T>* const array : {&values_, &values_rest_}) {
      for (Index c = 0; c < value_dim_; ++c) (*array)(row, c) *= scale;
    }
    mass_(0, row) *= scale;
    mass_rest_(0, row) *= scale;
    exponent_[j] = exponents[j];
  }
}

template <Scalar T>
void GradientState<T>::add(const GradientSums<T>& sums) {
  add(sums.values, ones_, sums.mass);
}

template <Scalar T>
void GradientState<T>::add(const GradientSums<T>& sums, const Exponents& exponents) {
  for (std::size_t j = 0; j < exponents.size(); ++j) {
    const auto row = static_cast<Index>(j);
    scales_(0, row) = exact_power<T>(std::int64_t{exponent_[j]} - exponents[j]);
    mass_part_(0, row) = scales_(0, row) * sums.mass(0, row);
  }
  add(sums.values, scales_, mass_part_);
}

template <Scalar T>
void GradientState<T>::add(const Matrix<T>& values, const Matrix<T>& scales,
                           const Matrix<T>& scaled_mass) {
  const auto& engine = simd::kernels<T>();
  engine.add_compensated(values_.data(), values_rest_.data(), values.data(), values_.cols(),
                         values_.rows(), value_dim_, ones_.data(), scales.data());
  engine.add_compensated(mass_.data(), mass_rest_.data(), scaled_mass.data(), mass_.cols(), 1,
                         values_.rows(), ones_.data(), ones_.data());
}

template struct GradientSums<float>;
template struct GradientSums<double>;
template class GradientState<float>;
template class GradientState<double>;

}  // namespace bochner::attention_internals
