// SPDX-License-Identifier: Apache-2.0
#include "client/attention/key_subsets.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace bochner::attention_internals {

AttentionSequence with_keys(AttentionSequence sequence, std::vector<Index> positions) {
  sequence.num_keys = static_cast<Index>(positions.size());
  const Index first = positions.empty() ? 0 : positions.front();
  const bool gaps = !positions.empty() && positions.back() - first != sequence.num_keys - 1;
  sequence.live = gaps ? std::move(positions) : std::vector<Index>{};
  if (gaps || first == 0) return sequence;
  sequence.first_key += first;
  if (sequence.from) *sequence.from -= first;
  if (sequence.until) *sequence.until -= first;
  return sequence;
}

AttentionSequence trimmed(AttentionSequence sequence) {
  sequence.num_keys = sequence.visible_end(sequence.num_queries - 1);
  if (!sequence.live.empty()) sequence.live.resize(static_cast<std::size_t>(sequence.num_keys));
  return sequence;
}

std::vector<Index> first_keys(const AttentionSequence& sequence, Index count) {
  std::vector<Index> first;
  for (Index k = 0; k < std::min(count, sequence.num_keys); ++k) {
    first.push_back(sequence.position(k));
  }
  return first;
}

template <Scalar T>
std::vector<Index> heaviest_keys(const AttentionSequence& sequence, MatrixView<const T> keys,
                                 Index count) {
  const auto total = static_cast<std::size_t>(sequence.num_keys);
  std::vector<double> weight(total);
  for (std::size_t k = 0; k < total; ++k) {
    const Index row = sequence.first_key + sequence.position(static_cast<Index>(k));
    double sum = 0.0;
    for (Index c = 0; c < keys.cols; ++c) sum += std::pow(static_cast<double>(keys(row, c)), 2);
    weight[k] = std::isnan(sum) ? std::numeric_limits<double>::infinity() : sum;
  }
  std::vector<Index> order(total);
  std::iota(order.begin(), order.end(), Index{0});
  const auto end = order.begin() + std::min(count, sequence.num_keys);
  std::nth_element(order.begin(), end, order.end(), [&](Index a, Index b) {
    const double x = weight[static_cast<std::size_t>(a)];
    const double y = weight[static_cast<std::size_t>(b)];
    return x > y || (x == y && a < b);
  });
  order.erase(end, order.end());
  for (Index& k : order) k = sequence.position(k);
  std::sort(order.begin(), order.end());
  return order;
}

template <Scalar T>
std::vector<Index> always_exact(const AttentionSequence& sequence, MatrixView<const T> keys,
                                const ExactPairs& exact) {
  const std::vector<Index> first = first_keys(sequence, exact.first_keys);
  if (exact.heaviest_keys == 0) return first;
  const std::vector<Index> heavy = heaviest_keys(sequence, keys, exact.heaviest_keys);
  std::vector<Index> both;
  std::set_union(first.begin(), first.end(), heavy.begin(), heavy.end(), std::back_inserter(both));
  return both;
}

template std::vector<Index> heaviest_keys<float>(const AttentionSequence&, MatrixView<const float>,
                                                 Index);
template std::vector<Index> heaviest_keys<double>(const AttentionSequence&,
                                                  MatrixView<const double>, Index);
template std::vector<Index> always_exact<float>(const AttentionSequence&, MatrixView<const float>,
                                                const ExactPairs&);
template std::vector<Index> always_exact<double>(const AttentionSequence&, MatrixView<const double>,
                                                 const ExactPairs&);

}  // namespace bochner::attention_internals
