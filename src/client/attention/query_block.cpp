// SPDX-License-Identifier: Apache-2.0
#include "client/attention/query_block.hpp"

#include "client/attention/row_sums.hpp"

#include <cmath>
#include <limits>

namespace bochner::attention_internals {

template <Scalar T>
PackedKeys<T>::PackedKeys(const BlockMap<T>& map)
    : packed_(map.num_features(), simd::kBlockRows), scale_(1, map.ld()) {}

template <Scalar T>
void PackedKeys<T>::pack(const KeyBlock<T>& block, const PrefixView<T>& state, Index first) {
  const Index features = packed_.rows();
  if (first == 0) {
    for (Index j = 0; j < features; ++j) {
      const std::int64_t own = block.reference()[static_cast<std::size_t>(j)];
      scale_(0, j) = exact_power<T>(own - state.exponent[j]);
    }
    simd::kernels<T>().pack_transposed(block.weights(), scale_.cols(), block.rows(), features,
                                       scale_.data(), packed_.data());
    return;
  }
  for (Index r = first; r < block.rows(); ++r) {
    const T* const weight = block.row(r);
    T* const column =
        packed_.data() + r / simd::kPanel<T> * simd::kPanel<T> * features + r % simd::kPanel<T>;
    for (Index j = 0; j < features; ++j) column[j * simd::kPanel<T>] = weight[j] * scale_(0, j);
  }
}

template <Scalar T>
QueryBlock<T>::QueryBlock(const BlockMap<T>& map, Index value_dim, Products products)
    : map_(&map),
      value_dim_(value_dim),
      weights_(simd::kBlockRows, map.ld()),
      numerator_(simd::kBlockRows, simd::padded<T>(value_dim)),
      part_(simd::kBlockRows, simd::padded<T>(value_dim)),
      scores_(simd::kBlockRows, simd::kBlockRows),
      workspace_(map) {
  if (products == Products::bfloat16) reduced_.emplace(map.num_features(), value_dim);
}

template <Scalar T>
void QueryBlock<T>::load(MatrixView<const T> queries, const std::int32_t* exponent,
                         const RowOrigin& origin) {
  rows_ = queries.rows;
  const Index features = map_->num_features();
  if (!map_->exponential()) {
    map_->features(Side::query, queries, weights_.data(), exponent_.data(), workspace_);
    refuse_long_rows(queries, exponent_.data(), origin, workspace_);
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows_); ++r) {
      unit_[r] = static_cast<double>(exponent_[r]) + static_cast<double>(exponent[0]);
    }
    return;
  }
  map_->log_features(Side::query, queries, weights_.data(), unit_.data(), workspace_);
  refuse_long_rows(queries, unit_.data(), origin, workspace_);
  for (Index r = 0; r < rows_; ++r) {  // an infinite row could look like one of no weight
    if (std::isnan(unit(r))) {
      std::fill_n(weights_.row(r), features, std::numeric_limits<T>::quiet_NaN());
    }
  }
  FarRows far{};
  mark_far_rows(workspace_, 0, rows_, far);
  if (any_far(far, 0, rows_)) {
    for (Index r = 0; r < rows_; ++r) {
      T* const row = weights_.row(r);
      const auto i = static_cast<std::size_t>(r);
      if (far[i]) {
        unit_[i] += weigh_far_query(row, features, exponent);
      } else {
        simd::kernels<T>().exp2_weights(row, weights_.cols(), 1, features, exponent, &exponent_[i],
                                        {});
        unit_[i] += static_cast<double>(exponent_[i]);
      }
    }
    return;
  }
  simd::kernels<T>().exp2_weights(weights_.data(), weights_.cols(), rows_, features, exponent,
                                  exponent_.data(), origin.ahead);
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows_); ++r) {
    unit_[r] += static_cast<double>(exponent_[r]);
  }
}

template <Scalar T>
void QueryBlock<T>::collect_mass(const PrefixView<T>& state) {
  simd::kernels<T>().row_products(weights_.data(), weights_.cols(), rows_, map_->num_features(),
                                  nullptr, state.mass, normaliser_.data());
}

template <Scalar T>
void QueryBlock<T>::prepare(const PrefixView<T>& state) {
  if constexpr (std::same_as<T, float>) {
    if (reduced_) reduced_->set_state(state.values);
  }
}

template <Scalar T>
void QueryBlock<T>::collect(const PrefixView<T>& state) {
  if constexpr (std::same_as<T, float>) {
    if (reduced_) reduced_->contract(weights_.data(), rows_, numerator_.data());
  }
  if (!reduced_) {
    simd::kernels<T>().contract(weights_.data(), weights_.cols(), rows_, map_->num_features(),
                                state.values, state.ld, value_dim_, numerator_.data(),
                                numerator_.cols());
  }
  collect_mass(state);
}

template <Scalar T>
void QueryBlock<T>::score(const KeyBlock<T>& block, const PackedKeys<T>& packed,
                          std::span<const std::int32_t> count) {
  const auto& engine = simd::kernels<T>();
  // A strip of rows needs the keys of its last row only.
  constexpr Index kStrip = 16;
  for (Index first = 0; first < rows_; first += kStrip) {
    const Index strip = std::min(kStrip, rows_ - first);
    const Index seen = count[static_cast<std::size_t>(first + strip - 1)];
    engine.project(weights_.row(first), weights_.cols(), strip, packed.weights(),
                   map_->num_features(), seen, scores_.row(first), scores_.cols());
  }
  engine.row_products(scores_.data(), scores_.cols(), rows_, 0, count.data(), block.unit().data(),
                      normaliser_part_.data());
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows_); ++r) {
    normaliser_[r] += normaliser_part_[r];
  }
}

template <Scalar T>
void QueryBlock<T>::collect(const KeyBlock<T>& block, const PackedKeys<T>& packed,
                            std::span<const std::int32_t> count) {
  score(block, packed, count);
  simd::kernels<T>().contract_prefixes(scores_.data(), scores_.cols(), rows_, count.data(),
                                       block.values().data(), block.values().cols(), value_dim_,
                                       part_.data(), part_.cols());
  for (Index r = 0; r < rows_; ++r) {
    T* const sum = numerator_.row(r);
    const T* const part = part_.row(r);
    for (Index c = 0; c < value_dim_; ++c) sum[c] += part[c];
  }
}

template <Scalar T>
void QueryBlock<T>::finish(MatrixView<T> out, AttentionReport& report) const {
  for (Index r = 0; r < rows_; ++r) {
    write_mean(numerator_.row(r), Index{1}, normaliser_[static_cast<std::size_t>(r)], value_dim_,
               out.row(r), out.col_stride, report);
  }
}

template <Scalar T>
void finish_empty(MatrixView<T> out, AttentionReport& report) {
  clear_rows(out);
  report.empty_rows += out.rows;
}

template class PackedKeys<float>;
template class PackedKeys<double>;
template class QueryBlock<float>;
template class QueryBlock<double>;
template void finish_empty<float>(MatrixView<float>, AttentionReport&);
template void finish_empty<double>(MatrixView<double>, AttentionReport&);

}  // namespace bochner::attention_internals
