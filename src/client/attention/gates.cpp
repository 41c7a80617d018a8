// SPDX-License-Identifier: Apache-2.0
#include "client/attention/gates.hpp"

#include "client/attention/checks.hpp"
#include "client/attention/key_subsets.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace bochner::attention_internals {
namespace {

std::string extents_text(Index batch, Index key_heads, Index keys) {
  return std::to_string(batch) + " x " + std::to_string(key_heads) + " x " + std::to_string(keys);
}

/// Writes the sums of a head's gates, by row; returns the live keys behind a gate of 0.
std::vector<Index> sum_gates(const Door& door, const TensorView<const double, 3>& gates,
                             const AttentionSequence& sequence, Index key_head, double* sums) {
  std::vector<Index> starts;
  GateSum sum;
  Index row = sequence.num_keys == 0 ? 0 : sequence.first_key + sequence.position(0);
  for (Index k = 0; k < sequence.num_keys; ++k) {
    sum.forgot = false;
    for (; row <= sequence.first_key + sequence.position(k); ++row) {
      take_gate(door, gates, sequence.batch, key_head, row, sum);
      sums[row] = sum.sum;
    }
    if (sum.forgot && k > 0) starts.push_back(k);
  }
  return starts;
}

}  // namespace

void require_gates(const Door& door, const TensorView<const double, 3>& gates, Index batch,
                   Index key_heads, Index keys) {
  if (gates.data == nullptr) return;
  if (gates.extents == std::array<Index, 3>{batch, key_heads, keys}) return;
  door.refuse("gates", extents_text(gates.extent(0), gates.extent(1), gates.extent(2)),
              extents_text(batch, key_heads, keys) + " (batch, key heads and keys)");
}

void take_gate(const Door& door, const TensorView<const double, 3>& gates, Index batch,
               Index key_head, Index row, GateSum& sum) {
  const double gate = gate_at(gates, batch, key_head, row);
  const auto refuse = [&](const std::string& reason) {
    throw RefusedRow(door, {"gates", batch, key_head, row}, reason);
  };
  if (!(gate >= 0.0 && gate <= 1.0)) {
    refuse(" is " + text::number(gate) + ", expected a number from 0 to 1");
  }
  sum.take(gate);
  if (sum.sum > kLargestGateSum) {
    refuse(": the product of the gates since the last 0 is below 2^-2^26");
  }
}

std::vector<AttentionSequence> cut_at(const AttentionSequence& sequence,
                                      std::span<const Index> starts) {
  AttentionSequence bare = sequence;
  bare.live.clear();
  // The first query whose last key is the live key k or a later one.
  const auto first_query = [&](Index k) {
    return std::clamp<Index>(sequence.position(k) - *sequence.until + 1, 0, sequence.num_queries);
  };
  std::vector<AttentionSequence> parts;
  for (std::size_t s = 0; s <= starts.size(); ++s) {
    const Index begin = s == 0 ? 0 : starts[s - 1];
    const Index end = s == starts.size() ? sequence.num_keys : starts[s];
    const Index first = s == 0 ? 0 : first_query(begin);
    const Index last = s == starts.size() ? sequence.num_queries : first_query(end);
    if (first == last) continue;
    AttentionSequence part = bare;
    part.first_query += first;
    part.num_queries = last - first;
    part.earlier_keys += begin;
    *part.until += first;
    if (part.from) *part.from += first;
    std::vector<Index> positions;
    for (Index k = begin; k < end; ++k) positions.push_back(sequence.position(k));
    parts.push_back(with_keys(std::move(part), std::move(positions)));
  }
  return parts;
}

void apply_gates(const Door& door, const TensorView<const double, 3>& gates,
                 AttentionProblem& problem) {
  if (gates.data == nullptr) return;
  const auto [batch, key_heads, keys] = gates.extents;
  auto memory =
      std::make_shared<std::vector<double>>(static_cast<std::size_t>(batch * key_heads * keys));
  problem.gates = TensorView<const double, 3>(memory->data(), gates.extents);
  problem.gate_memory = memory;
  std::vector<std::vector<Index>> starts;  // by sequence and key head
  for (const AttentionSequence& sequence : problem.sequences) {
    for (Index h = 0; h < key_heads; ++h) {
      double* const sums = memory->data() + (sequence.batch * key_heads + h) * keys;
      starts.push_back(sum_gates(door, gates, sequence, h, sums));
    }
  }
  const auto none = [](const std::vector<Index>& s) { return s.empty(); };
  if (std::all_of(starts.begin(), starts.end(), none)) return;
  std::vector<AttentionSequence> cut;  // all by heads, where one is
  for (std::size_t s = 0; s < problem.sequences.size(); ++s) {
    for (Index h = 0; h < problem.key_heads; ++h) {
      AttentionSequence of_head = problem.sequences[s];
      of_head.first_head = h * problem.heads_per_key_head;
      of_head.num_heads = problem.heads_per_key_head;
      const auto at = s * static_cast<std::size_t>(key_heads) + static_cast<std::size_t>(h);
      for (AttentionSequence& part : cut_at(of_head, starts[at])) cut.push_back(std::move(part));
    }
  }
  problem.sequences = std::move(cut);
}

void factor_to_gate_gradients(const AttentionProblem& problem,
                              const TensorView<const double, 3>& gates,
                              const TensorView<double, 3>& gradients) {
  constexpr double kMost = std::numeric_limits<double>::max();
  for (const AttentionSequence& sequence : problem.sequences) {
    for (Index h = 0; h < problem.key_heads; ++h) {
      if (!is_about(problem, sequence, h) || sequence.num_keys == 0) continue;
      const auto row_of = [&](Index k) { return sequence.first_key + sequence.position(k); };
      double sum = 0.0;
      for (Index k = sequence.num_keys - 1; k > 0; --k) {
        sum += gate_at(gradients, sequence.batch, h, row_of(k));
        for (Index row = row_of(k); row > row_of(k - 1); --row) {
          const double gate = gate_at(gates, sequence.batch, h, row);
          gate_at(gradients, sequence.batch, h, row) =
              sum == 0.0 ? 0.0 : std::clamp(-sum / gate, -kMost, kMost);
        }
      }
      gate_at(gradients, sequence.batch, h, row_of(0)) = 0.0;
    }
  }
}

}  // namespace bochner::attention_internals
