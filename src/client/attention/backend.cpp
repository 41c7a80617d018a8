// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/backend.hpp"

#include "core/door.hpp"

namespace bochner {
namespace {

constexpr double kChunkKeys = 64.0;

/// Pairs of a query and a key that it sees.
double pairs(const AttentionLengths& lengths, Mask mask) {
  const auto queries = static_cast<double>(lengths.queries);
  const auto keys = static_cast<double>(lengths.keys);
  if (mask == Mask::none) return queries * keys;
  if (queries > keys) return 0.5 * keys * (keys + 1.0);
  return queries * (keys - queries) + 0.5 * queries * (queries + 1.0);
}

void require_sizes(const Door& door, const AttentionLengths& lengths, Index dim,
                   Index num_features) {
  door.at_least("queries", lengths.queries, 0)
      .at_least("keys", lengths.keys, 0)
      .at_least("dim", dim, 1)
      .at_least("num_features", num_features, 1);
}

}  // namespace

double attention_nanoseconds(AttentionBackend backend, const AttentionLengths& lengths, Index dim,
                             Index num_features, Mask mask, const AttentionCosts& costs) {
  require_sizes(Door("attention_nanoseconds"), lengths, dim, num_features);
  const auto d = static_cast<double>(dim);
  if (backend == AttentionBackend::exact) {
    return pairs(lengths, mask) * (2.0 * d * costs.product + costs.weight);
  }
  const auto queries = static_cast<double>(lengths.queries);
  const auto keys = static_cast<double>(lengths.keys);
  const auto features = static_cast<double>(num_features);
  const double both = (queries + keys) * features * (2.0 * d * costs.product + costs.feature);
  if (mask == Mask::none) return both;
  return both + queries * 0.5 * kChunkKeys * (features + d) * costs.product +
         keys / kChunkKeys * features * d * costs.fold;
}

AttentionBackend attention_backend(const AttentionLengths& lengths, Index dim, Index num_features,
                                   Mask mask, const AttentionCosts& costs) {
  require_sizes(Door("attention_backend"), lengths, dim, num_features);
  const auto time = [&](AttentionBackend backend) {
    return attention_nanoseconds(backend, lengths, dim, num_features, mask, costs);
  };
  return time(AttentionBackend::random_features) < time(AttentionBackend::exact)
             ? AttentionBackend::random_features
             : AttentionBackend::exact;
}

}  // namespace bochner
