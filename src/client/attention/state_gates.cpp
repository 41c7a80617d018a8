// SPDX-License-Identifier: Apache-2.0
#include "client/attention/state_impl.hpp"
#include "core/archive_entries.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace bochner {

using namespace attention_internals;

template <Scalar T>
void AttentionState<T>::Impl::require_live_gates(const Door& door, const AttentionProblem& problem,
                                                 const TensorView<const double, 3>& gates) const {
  if (gates.data == nullptr) return;
  for (const AttentionSequence& sequence : problem.sequences) {
    for (Index h = 0; h < key_heads_; ++h) {
      GateSum sum = gate_sum(sequence.batch, h);
      for (Index k = 0; k < sequence.num_keys; ++k) {
        take_gate(door, gates, sequence.batch, h, sequence.first_key + sequence.position(k), sum);
      }
    }
  }
}

template <Scalar T>
void AttentionState<T>::Impl::for_each_part(const HeadGroup& group,
                                            const TensorView<const double, 3>& gates,
                                            Worker& worker,
                                            const std::function<void(const HeadGroup&)>& body) {
  const auto run = [&](const HeadGroup& part) {
    take_gates(part, gates, worker);
    body(part);
  };
  if (gates.data == nullptr) return run(group);
  const AttentionSequence& sequence = *group.sequence;
  std::vector<Index> starts;
  for (Index k = 0; k < sequence.num_keys; ++k) {
    const Index row = sequence.first_key + sequence.position(k);
    if (gate_at(gates, sequence.batch, group.key_head, row) == 0.0) starts.push_back(k);
  }
  if (starts.empty()) return run(group);
  for (const AttentionSequence& part : cut_at(sequence, starts)) run({&part, group.key_head});
}

template <Scalar T>
void AttentionState<T>::Impl::take_gates(const HeadGroup& part,
                                         const TensorView<const double, 3>& gates, Worker& worker) {
  const AttentionSequence& sequence = *part.sequence;
  const Index batch = sequence.batch;
  GateSum& sum = gate_sum(batch, part.key_head);
  worker.gate_sums.clear();
  if (gates.data == nullptr) {
    if (sum.sum != 0.0) {
      worker.gate_sums.assign(static_cast<std::size_t>(sequence.num_keys), sum.sum);
    }
    return;
  }
  for (Index k = 0; k < sequence.num_keys; ++k) {
    const Index row = sequence.first_key + sequence.position(k);
    const double gate = gate_at(gates, batch, part.key_head, row);
    if (gate == 0.0) {
      stream(batch, part.key_head) = fresh_stream(part.key_head);
      if (has_near()) {
        NearKeys<T>& rows = near_keys(batch, part.key_head);
        rows.restart(rows.seen());
      }
    }
    sum.take(gate);
    worker.gate_sums.push_back(sum.sum);
  }
}

template <Scalar T>
void AttentionState<T>::Impl::require_joinable_gates(const Door& door, const Impl& next) const {
  for (std::size_t s = 0; s < gate_sums_.size(); ++s) {
    GateSum sum = gate_sums_[s];
    sum.join(next.gate_sums_[s]);
    if (sum.sum <= kLargestGateSum) continue;
    const auto stream = static_cast<Index>(s);
    door.refuse("batch " + std::to_string(stream / key_heads_) + ", head " +
                std::to_string(stream % key_heads_) +
                ": the product of the gates of both states since the last 0 is below 2^-2^26");
  }
}

template <Scalar T>
void AttentionState<T>::Impl::save_gates(Archive& archive) const {
  const auto untouched = [](const GateSum& sum) { return sum.sum == 0.0 && !sum.forgot; };
  if (std::all_of(gate_sums_.begin(), gate_sums_.end(), untouched)) return;
  Matrix<double> sums(2, static_cast<Index>(gate_sums_.size()));
  for (std::size_t s = 0; s < gate_sums_.size(); ++s) {
    const auto stream = static_cast<Index>(s);
    sums(0, stream) = gate_sums_[s].sum;
    sums(1, stream) = gate_sums_[s].forgot ? 1.0 : 0.0;
  }
  archive.metadata["gated"] = "yes";
  archive.arrays.emplace("gate_sums", std::move(sums));
}

template <Scalar T>
void AttentionState<T>::Impl::load_gates(const Archive& archive) {
  constexpr Door kDoor("AttentionState::load");
  if (!archive.metadata.contains("gated")) return;
  require_word(kDoor, archive, "gated", "yes");
  const Matrix<double>& sums =
      archive.array<double>("gate_sums", 2, static_cast<Index>(gate_sums_.size()));
  for (std::size_t s = 0; s < gate_sums_.size(); ++s) {
    const auto stream = static_cast<Index>(s);
    const double sum = sums(0, stream);
    const double forgot = sums(1, stream);
    if (!(sum >= 0.0 && sum <= kLargestGateSum) || (forgot != 0.0 && forgot != 1.0)) {
      kDoor.refuse("the state contradicts itself");
    }
    gate_sums_[s] = {sum, forgot == 1.0};
  }
}

template void AttentionState<float>::Impl::require_live_gates(
    const Door&, const AttentionProblem&, const TensorView<const double, 3>&) const;
template void AttentionState<float>::Impl::for_each_part(
    const HeadGroup&, const TensorView<const double, 3>&, Worker&,
    const std::function<void(const HeadGroup&)>&);
template void AttentionState<float>::Impl::require_joinable_gates(const Door&, const Impl&) const;
template void AttentionState<float>::Impl::save_gates(Archive&) const;
template void AttentionState<float>::Impl::load_gates(const Archive&);
template void AttentionState<double>::Impl::require_live_gates(
    const Door&, const AttentionProblem&, const TensorView<const double, 3>&) const;
template void AttentionState<double>::Impl::for_each_part(
    const HeadGroup&, const TensorView<const double, 3>&, Worker&,
    const std::function<void(const HeadGroup&)>&);
template void AttentionState<double>::Impl::require_joinable_gates(const Door&, const Impl&) const;
template void AttentionState<double>::Impl::save_gates(Archive&) const;
template void AttentionState<double>::Impl::load_gates(const Archive&);

}  // namespace bochner
