// SPDX-License-Identifier: Apache-2.0
#include "client/attention/frequency_groups.hpp"

#include <algorithm>

namespace bochner::attention_internals {

template <Scalar T>
GroupSums<T>::GroupSums(const BlockMap<T>& map, Index value_dim, std::vector<FrequencyGroup> groups)
    : value_dim_(value_dim),
      num_frequencies_(map.num_frequencies()),
      num_features_(map.num_features()),
      groups_(std::move(groups)),
      normaliser_(static_cast<Index>(groups_.size()), simd::kBlockRows),
      weights_(simd::kBlockRows, simd::padded<T>(groups_.front().count)),
      keys_(num_features_, simd::kBlockRows),
      scores_(simd::kBlockRows, simd::kBlockRows),
      part_(simd::kBlockRows, simd::padded<T>(value_dim)),
      left_(static_cast<Index>(groups_.size()), value_dim + 1) {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    numerator_.emplace_back(simd::kBlockRows, simd::padded<T>(value_dim));
  }
}

template <Scalar T>
template <class Body>
void GroupSums<T>::for_each_run(const Body& body) const {
  // Feature columns of frequency j are j, m + j, ...
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (Index copy = 0; copy < num_features_; copy += num_frequencies_) {
      body(g, copy + groups_[g].first, groups_[g].count);
    }
  }
}

template <Scalar T>
void GroupSums<T>::gather(const QueryBlock<T>& queries, Index first, Index count) {
  for (Index r = 0; r < rows_; ++r) {
    std::copy_n(queries.weights().row(r) + first, count, weights_.row(r));
  }
}

template <Scalar T>
void GroupSums<T>::collect(const QueryBlock<T>& queries, const PrefixView<T>& state) {
  rows_ = queries.rows();
  std::fill_n(normaliser_.data(), normaliser_.size(), 0.0);
  for (Matrix<T>& numerator : numerator_) std::fill_n(numerator.data(), numerator.size(), T{0});
  for_each_run([&](std::size_t g, Index first, Index count) {
    gather(queries, first, count);
    simd::kernels<T>().contract(weights_.data(), weights_.cols(), rows_, count,
                                state.values + first * state.ld, state.ld, value_dim_, part_.data(),
                                part_.cols());
    for (Index r = 0; r < rows_; ++r) {
      double mass = 0.0;
      for (Index j = 0; j < count; ++j) {
        mass += static_cast<double>(weights_(r, j)) * static_cast<double>(state.mass[first + j]);
      }
      normaliser_(static_cast<Index>(g), r) += mass;
      for (Index c = 0; c < value_dim_; ++c) numerator_[g](r, c) += part_(r, c);
    }
  });
}

template <Scalar T>
void GroupSums<T>::collect(const QueryBlock<T>& queries, const KeyBlock<T>& keys,
                           const PrefixView<T>& state, std::span<const std::int32_t> count) {
  for (Index j = 0; j < num_features_; ++j) {
    const std::int64_t own = keys.reference()[static_cast<std::size_t>(j)];
    const T scale = exact_power<T>(own - state.exponent[j]);
    for (Index k = 0; k < keys.rows(); ++k) keys_(j, k) = scale * keys.row(k)[j];
  }
  for_each_run([&](std::size_t g, Index first, Index features) {
    gather(queries, first, features);
    simd::kernels<T>().contract(weights_.data(), weights_.cols(), rows_, features, keys_.row(first),
                                keys_.cols(), keys.rows(), scores_.data(), scores_.cols());
    simd::kernels<T>().contract_prefixes(scores_.data(), scores_.cols(), rows_, count.data(),
                                         keys.values().data(), keys.values().cols(), value_dim_,
                                         part_.data(), part_.cols());
    for (Index r = 0; r < rows_; ++r) {
      double mass = 0.0;
      for (Index k = 0; k < count[static_cast<std::size_t>(r)]; ++k) {
        mass += static_cast<double>(scores_(r, k)) *
                static_cast<double>(keys.unit()[static_cast<std::size_t>(k)]);
      }
      normaliser_(static_cast<Index>(g), r) += mass;
      for (Index c = 0; c < value_dim_; ++c) numerator_[g](r, c) += part_(r, c);
    }
  });
}

template <Scalar T>
void GroupSums<T>::squared_errors(Index row, std::span<double> out) {
  const auto groups = static_cast<Index>(groups_.size());
  const Index columns = value_dim_ + 1;
  const auto term = [&](Index g, Index c) {
    return c == value_dim_ ? normaliser_(g, row)
                           : static_cast<double>(numerator_[static_cast<std::size_t>(g)](row, c));
  };
  const auto frequencies = static_cast<double>(num_frequencies_);
  std::vector<double> total(static_cast<std::size_t>(columns));
  // Sums of the others, from both ends: nothing is subtracted, so that a group that has nearly all
  // of the mass leaves the digits of the rest.
  for (Index c = 0; c < columns; ++c) {
    double before = 0.0;
    for (Index g = 0; g < groups; ++g) {
      left_(g, c) = before;
      before += term(g, c);
    }
    total[static_cast<std::size_t>(c)] = before;
    double after = 0.0;
    for (Index g = groups; g-- > 0;) {
      left_(g, c) += after;
      after += term(g, c);
    }
  }
  for (Index c = 0; c < value_dim_; ++c) {
    const double ratio = total[static_cast<std::size_t>(c)] / total.back();
    double jackknife = static_cast<double>(groups) * ratio;
    const auto h = [&](Index g) {
      return frequencies / static_cast<double>(groups_[static_cast<std::size_t>(g)].count);
    };
    const auto without = [&](Index g) { return left_(g, c) / left_(g, value_dim_); };
    for (Index g = 0; g < groups; ++g) jackknife -= (1.0 - 1.0 / h(g)) * without(g);
    double sum = 0.0;
    for (Index g = 0; g < groups; ++g) {
      const double deviation = h(g) * ratio - (h(g) - 1.0) * without(g) - jackknife;
      sum += deviation * deviation / (h(g) - 1.0);
    }
    out[static_cast<std::size_t>(c)] = sum / static_cast<double>(groups);
  }
}

template class GroupSums<float>;
template class GroupSums<double>;

}  // namespace bochner::attention_internals
