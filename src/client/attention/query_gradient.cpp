// SPDX-License-Identifier: Apache-2.0
#include "client/attention/query_gradient.hpp"

#include <algorithm>
#include <numbers>

namespace bochner::attention_internals {

template <Scalar T>
QueryGradient<T>::QueryGradient(const BlockMap<T>& map, Index value_dim)
    : map_(&map),
      value_dim_(value_dim),
      queries_(map, value_dim),
      g_values_(simd::kBlockRows, simd::padded<T>(value_dim)),
      gradient_(simd::kBlockRows, map.ld()),
      part_(simd::kBlockRows, map.ld()),
      pairs_(simd::kBlockRows, simd::kBlockRows),
      query_gradient_(simd::kBlockRows, map.input_dim()),
      workspace_(map) {}

template <Scalar T>
void QueryGradient<T>::load(MatrixView<const T> queries, const std::int32_t* exponent,
                            const RowOrigin& origin) {
  rows_ = queries;
  queries_.load(queries, exponent, origin);
}

template <Scalar T>
void QueryGradient<T>::normalise(MatrixView<const T> out, MatrixView<const T> out_gradient) {
  for (Index r = 0; r < rows_.rows; ++r) {
    const auto i = static_cast<std::size_t>(r);
    const T normaliser = queries_.normaliser()[i];
    const T inverse = normaliser == T{0} ? T{0} : T{1} / normaliser;
    T* const g = g_values_.row(r);
    double product = 0.0;
    for (Index c = 0; c < value_dim_; ++c) {
      g[c] = out_gradient(r, c) * inverse;
      product += static_cast<double>(out_gradient(r, c)) * static_cast<double>(out(r, c));
    }
    g_mass_[i] = static_cast<T>(-product) * inverse;
  }
}

template <Scalar T>
void QueryGradient<T>::from_state(const PackedTranspose<T>& values, const T* mass) {
  values.multiply(g_values_, rows_.rows, gradient_);
  for (Index r = 0; r < rows_.rows; ++r) {
    const T g = g_mass_[static_cast<std::size_t>(r)];
    T* const row = gradient_.row(r);
    for (Index j = 0; j < map_->num_features(); ++j) row[j] += g * mass[j];
  }
}

template <Scalar T>
void QueryGradient<T>::pair_with(const KeyBlock<T>& keys, const PackedTranspose<T>& values,
                                 std::span<const std::int32_t> count) {
  values.multiply(g_values_, rows_.rows, pairs_);
  for (Index r = 0; r < rows_.rows; ++r) {
    const auto i = static_cast<std::size_t>(r);
    T* const pair = pairs_.row(r);
    for (Index k = 0; k < count[i]; ++k) {
      pair[k] += g_mass_[i] * keys.unit()[static_cast<std::size_t>(k)];
    }
    std::fill(pair + count[i], pair + simd::kBlockRows, T{0});
  }
}

template <Scalar T>
void QueryGradient<T>::from_pairs(const KeyBlock<T>& keys, std::span<const std::int32_t> count) {
  const Index features = map_->num_features();
  simd::kernels<T>().contract_prefixes(pairs_.data(), pairs_.cols(), rows_.rows, count.data(),
                                       keys.weights(), gradient_.cols(), features, part_.data(),
                                       part_.cols());
  for (Index r = 0; r < rows_.rows; ++r) {
    T* const row = gradient_.row(r);
    const T* const part = part_.row(r);
    for (Index j = 0; j < features; ++j) row[j] += part[j];
  }
}

template <Scalar T>
void QueryGradient<T>::finish(MatrixView<T> gradient) {
  const MatrixView<T> rows = query_gradient_.view().middle_rows(0, rows_.rows);
  pull_weights(*map_, Side::query, rows_, queries_.weights(), gradient_, rows, workspace_);
  add_rows<T>(rows, gradient);
}

template <Scalar T>
void pull_weights(const BlockMap<T>& map, Side side, MatrixView<const T> x,
                  const Matrix<T>& weights, Matrix<T>& gradient, MatrixView<T> dx,
                  feature_map::BlockWorkspace<T>& workspace) {
  if (!map.exponential()) {
    map.pull_features(side, x, gradient.data(), dx, workspace);
    return;
  }
  constexpr T kLn2 = static_cast<T>(std::numbers::ln2);
  for (Index r = 0; r < x.rows; ++r) {
    const T* const weight = weights.row(r);
    T* const row = gradient.row(r);
    for (Index j = 0; j < map.num_features(); ++j) row[j] *= kLn2 * weight[j];
  }
  map.pull_log_features(side, x, gradient.data(), dx, workspace);
}

template class QueryGradient<float>;
template class QueryGradient<double>;
template void pull_weights<float>(const BlockMap<float>&, Side, MatrixView<const float>,
                                  const Matrix<float>&, Matrix<float>&, MatrixView<float>,
                                  feature_map::BlockWorkspace<float>&);
template void pull_weights<double>(const BlockMap<double>&, Side, MatrixView<const double>,
                                   const Matrix<double>&, Matrix<double>&, MatrixView<double>,
                                   feature_map::BlockWorkspace<double>&);

}  // namespace bochner::attention_internals
