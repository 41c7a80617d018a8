// SPDX-License-Identifier: Apache-2.0
#include "client/attention/plan_costs.hpp"

#include <algorithm>
#include <cmath>

namespace bochner::attention_internals {
namespace {

/// Pairs of a query and a key that it sees at fewer than `window` positions' distance.
double pairs_in(const HeadSize& head, Index window) {
  const Index keys = head.lengths.keys;
  const Index queries = head.lengths.queries;
  const Index offset = head.mask == Mask::causal ? std::max<Index>(keys - queries, 0) : 0;
  double pairs = 0.0;
  for (Index i = 0; i < queries; ++i) {
    const Index begin = std::max<Index>(i + offset - std::min(window, keys + queries) + 1, 0);
    const Index reach = head.mask == Mask::causal ? 1 : std::min(window, keys + queries);
    const Index end = std::min(i + offset + reach, keys);
    pairs += static_cast<double>(std::max<Index>(end - begin, 0));
  }
  return pairs;
}

}  // namespace

PlanCost plan_cost(const HeadSize& head, AttentionMethod method, const ExactPairs& exact,
                   const AttentionCosts& costs) {
  const auto d = static_cast<double>(head.dim);
  const double pair = 2.0 * d * costs.product + costs.weight;
  const double all = attention_nanoseconds(AttentionBackend::exact, head.lengths, head.dim,
                                           head.num_features, head.mask, costs);
  const double all_pairs = std::max(all / pair, 1.0);
  if (method == AttentionMethod::exact) return {all, 1.0};
  if (method == AttentionMethod::exact_and_means) {
    const ExactPairs defaults;
    const auto width = static_cast<double>(exact.blocks.key_rows);
    const auto queries = static_cast<double>(head.lengths.queries);
    const auto keys = static_cast<double>(head.lengths.keys);
    const double half = head.mask == Mask::causal ? 0.5 : 1.0;  // of the blocks is seen
    const double blocks = keys / width * half;
    const double chosen = std::min(static_cast<double>(exact.blocks.count), blocks);
    const double choice = queries * blocks * (4.0 * d * costs.product + costs.weight);
    const double means = queries * (blocks - chosen) * (3.0 * d * costs.product + costs.weight);
    const double bisection =
        exact.blocks.order == defaults.blocks.order
            ? 0.0
            : (queries + keys) * 8.0 * d * costs.product * std::log2(std::max(keys / width, 2.0));
    const double weighed = queries * chosen * width;
    return {weighed * pair + choice + means + bisection, std::min(weighed / all_pairs, 1.0)};
  }
  const auto features = [&](Mask mask) {
    return attention_nanoseconds(AttentionBackend::random_features, head.lengths, head.dim,
                                 head.num_features, mask, costs);
  };
  if (exact.window == 0) return {features(head.mask), 0.0};
  const double sides = head.mask == Mask::causal ? 1.0 : 2.0;
  const double weighed = pairs_in(head, exact.window);
  return {weighed * pair + sides * features(Mask::causal), std::min(weighed / all_pairs, 1.0)};
}

}  // namespace bochner::attention_internals
