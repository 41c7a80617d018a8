// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_attention.hpp"

#include "client/attention/block_features.hpp"
#include "client/attention/block_passes.hpp"

#include <optional>

namespace bochner::attention_internals {

bool by_blocks(const AttentionOptions& options) {
  return options.exact.blocks.count > 0 || options.rest == Rest::means;
}

template <Scalar T>
void block_attention(const AttentionCall<T>& call, const AttentionOptions& options,
                     RowSums<T>& sums) {
  for (const HeadGroup& group : head_groups(call.problem)) {
    if (group.sequence->num_keys == 0) continue;
    const BlockedKeys<T> keys(call, options, *group.sequence, group.key_head);
    std::optional<BlockFeatures<T>> features;
    if (options.rest == Rest::features) features.emplace(keys);
    for (Index h = 0; h < call.problem.heads_per_key_head; ++h) {
      const BlockedQueries<T> queries(keys, group.key_head * call.problem.heads_per_key_head + h);
      ChosenKeys<T>(queries).add_rows(sums);
      if (features) features->add_rows(queries, sums);
      if (options.rest == Rest::means) MeansOfRest<T>(queries).add_rows(sums);
    }
  }
}

template void block_attention<float>(const AttentionCall<float>&, const AttentionOptions&,
                                     RowSums<float>&);
template void block_attention<double>(const AttentionCall<double>&, const AttentionOptions&,
                                      RowSums<double>&);

}  // namespace bochner::attention_internals
