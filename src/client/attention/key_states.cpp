// SPDX-License-Identifier: Apache-2.0
#include "client/attention/key_states.hpp"

#include <algorithm>

namespace bochner::attention_internals {
namespace {

/// Keys that are summed in the scalar type before they join the compensated state: a constant,
/// since it decides bits.
constexpr Index kFoldKeys = 16 * simd::kBlockRows;

/// A run of keys of one group whose sums join its state together.
struct KeyRun {
  Index group;
  Index first;
};

}  // namespace

template <Scalar T>
KeyStates<T>::KeyStates(const AttentionCall<T>& call) : call_(call) {
  const Index workers = available_workers(call.execution);
  for (Index w = 0; w < workers; ++w) workers_.emplace_back(call);
  for (Index s = 0; s < capacity(); ++s)
    sums_.emplace_back(call.map, call.problem.value_dim, call.products);
}

template <Scalar T>
void KeyStates<T>::compute(const std::vector<HeadGroup>& groups) {
  states_.clear();
  std::vector<KeyRun> folds;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    states_.emplace_back(call_.map.num_features(), call_.problem.value_dim);
    for (Index k = 0; k < groups[g].sequence->num_keys; k += kFoldKeys) {
      folds.push_back({static_cast<Index>(g), k});
    }
  }
  const auto wave = static_cast<Index>(sums_.size());
  for (Index first = 0; first < static_cast<Index>(folds.size()); first += wave) {
    const Index count = std::min(wave, static_cast<Index>(folds.size()) - first);
    const KeyRun* const mine = folds.data() + first;
    parallel_for_blocks(count, call_.execution, [&](Index i, int worker) {
      sum_fold(groups[static_cast<std::size_t>(mine[i].group)], mine[i].first,
               workers_[static_cast<std::size_t>(worker)], sums_[static_cast<std::size_t>(i)]);
    });
    parallel_for_blocks(static_cast<Index>(groups.size()), call_.execution, [&](Index g, int) {
      for (Index i = 0; i < count; ++i) {
        if (mine[i].group != g) continue;
        states_[static_cast<std::size_t>(g)].add(sums_[static_cast<std::size_t>(i)]);
      }
    });
  }
}

template <Scalar T>
void KeyStates<T>::sum_fold(const HeadGroup& group, Index first, Worker& worker,
                            KeySums<T>& sums) const {
  KeyBlock<T>& keys = worker.keys;
  Exponents& reference = worker.scratch.reference;
  const Index end = std::min(first + kFoldKeys, group.sequence->num_keys);
  for (Index k = first; k < end; k += simd::kBlockRows) {
    const Index count = std::min(simd::kBlockRows, end - k);
    keys.clear();
    worker.loader.load(group, k, count, keys, worker.scratch);
    if (k == first) {
      keys.exponents_of(0, reference);
      sums.reset(reference);
    }
    keys.weigh(sums.reference());
    keys.sum_mass();
    if (!keys.mass_in_range() && keys.first_over(0) < count) {
      keys.clear();
      worker.loader.load(group, k, count, keys, worker.scratch);
      keys.top_exponents(reference);
      raise_to(sums.reference(), reference);
      sums.raise(reference);
      keys.weigh(reference);
      keys.sum_mass();
    }
    sums.add(keys);
  }
}

template class KeyStates<float>;
template class KeyStates<double>;

}  // namespace bochner::attention_internals
