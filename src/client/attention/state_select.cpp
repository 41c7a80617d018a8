// SPDX-License-Identifier: Apache-2.0
#include "client/attention/state_impl.hpp"
#include "core/door.hpp"

#include <algorithm>
#include <string>

namespace bochner {

template <Scalar T>
std::unique_ptr<typename AttentionState<T>::Impl> AttentionState<T>::Impl::select(
    std::span<const Index> batch) const {
  constexpr Door kDoor("AttentionState::select");
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i] >= 0 && batch[i] < batch_) continue;
    kDoor.refuse("batch[" + std::to_string(i) + "]", std::to_string(batch[i]),
                 "an entry of the state's batch of " + std::to_string(batch_));
  }
  auto selected = std::make_unique<Impl>(maps_, 0, key_heads_, value_dim_, options_);
  selected->batch_ = static_cast<Index>(batch.size());
  selected->lengths_.assign(std::max<std::size_t>(batch.size(), 1), length());
  selected->streams_.reserve(batch.size() * static_cast<std::size_t>(key_heads_));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Index entry = batch[i];
    selected->lengths_[i] = lengths_[static_cast<std::size_t>(entry)];
    const auto first = streams_.begin() + entry * key_heads_;
    selected->streams_.insert(selected->streams_.end(), first, first + key_heads_);
    const auto sums = gate_sums_.begin() + entry * key_heads_;
    selected->gate_sums_.insert(selected->gate_sums_.end(), sums, sums + key_heads_);
    if (!has_near()) continue;
    const auto rows = near_.begin() + entry * key_heads_;
    selected->near_.insert(selected->near_.end(), rows, rows + key_heads_);
  }
  return selected;
}

template <Scalar T>
AttentionState<T> AttentionState<T>::select(std::span<const Index> batch) const {
  return AttentionState(impl_->select(batch));
}

template AttentionState<float> AttentionState<float>::select(std::span<const Index>) const;
template AttentionState<double> AttentionState<double>::select(std::span<const Index>) const;

}  // namespace bochner
