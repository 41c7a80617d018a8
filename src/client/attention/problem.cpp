// SPDX-License-Identifier: Apache-2.0
#include "client/attention/problem.hpp"

#include "client/attention/checks.hpp"
#include "client/attention/gates.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace bochner::attention_internals {
namespace {

/// Lengths that options are checked against.
struct Lengths {
  Index batch;
  Index queries;
  Index heads;
  Index keys;
};

template <Scalar T>
void require_shapes(const Door& door, const AttentionInputs<T>& inputs) {
  const auto& [q, k, v] = inputs;
  require_addressable(door, "queries", q.extents);
  require_addressable(door, "keys", k.extents);
  require_addressable(door, "values", v.extents);
  if (k.extent(0) != q.extent(0) || k.extent(3) != q.extent(3)) {
    door.refuse("keys", to_text(k.extents),
                std::to_string(q.extent(0)) + " x key_heads x n x " + std::to_string(q.extent(3)) +
                    " (batch and dimension of the queries)");
  }
  if (v.extent(0) != k.extent(0) || v.extent(1) != k.extent(1) || v.extent(2) != k.extent(2)) {
    door.refuse("values", to_text(v.extents),
                std::to_string(k.extent(0)) + " x " + std::to_string(k.extent(1)) + " x " +
                    std::to_string(k.extent(2)) + " x d_v (batch, heads and length of the keys)");
  }
  if (q.extent(3) < 1) door.refuse("queries", to_text(q.extents), "a dimension of at least 1");
  if (q.extent(1) > 0 && (k.extent(1) < 1 || q.extent(1) % k.extent(1) != 0)) {
    door.refuse("there are " + std::to_string(q.extent(1)) + " query heads and " +
                std::to_string(k.extent(1)) +
                " key heads, expected a number of key heads that divides that of query heads");
  }
}

/// Of `key_mask` and `key_lengths`.
void require_live_keys(const Door& door, const AttentionOptions& options, const Lengths& lengths) {
  const bool masked = options.key_mask.data != nullptr;
  if (masked) {
    door.shape("key_mask", options.key_mask, lengths.batch, lengths.keys, "batch x keys");
  }
  if (options.key_lengths.empty()) return;
  if (masked) door.refuse("key_mask and key_lengths are both given, expected one of them");
  const auto count = static_cast<Index>(options.key_lengths.size());
  door.entries("key_lengths", count, lengths.batch, "one per batch entry");
  for (Index b = 0; b < count; ++b) {
    door.between("key_lengths[" + std::to_string(b) + "]",
                 options.key_lengths[static_cast<std::size_t>(b)], 0, lengths.keys);
  }
}

/// 0 = b_0 <= ... <= b_n = length.
void require_boundaries(const Door& door, std::string_view name, std::span<const Index> boundaries,
                        Index length, std::string_view meaning) {
  for (std::size_t i = 0; i + 1 < boundaries.size(); ++i) {
    if (boundaries[i] > boundaries[i + 1]) {
      door.refuse(std::string(name) + " decreases from " + std::to_string(boundaries[i]) + " to " +
                  std::to_string(boundaries[i + 1]) + " at entry " + std::to_string(i + 1));
    }
  }
  if (boundaries.front() != 0 || boundaries.back() != length) {
    door.refuse(std::string(name) + " runs from " + std::to_string(boundaries.front()) + " to " +
                std::to_string(boundaries.back()) + ", expected 0 to " + std::to_string(length) +
                " (" + std::string(meaning) + ")");
  }
}

/// Where packed sequences of keys begin and end; empty when nothing is packed.
std::span<const Index> key_bounds(const AttentionOptions& options) {
  return options.cu_seqlens_keys.empty() ? options.cu_seqlens : options.cu_seqlens_keys;
}

void require_packing(const Door& door, const AttentionOptions& options, const Lengths& lengths) {
  const std::span<const Index> queries = options.cu_seqlens;
  const std::span<const Index> keys = key_bounds(options);
  if (keys.empty()) return;
  if (queries.size() != keys.size()) {
    door.refuse("cu_seqlens has " + std::to_string(queries.size()) +
                " entries and cu_seqlens_keys " + std::to_string(keys.size()) +
                ", expected as many");
  }
  if (lengths.batch != 1) {
    door.refuse("cu_seqlens is given for a batch of " + std::to_string(lengths.batch) +
                ", expected a batch of 1");
  }
  if (!options.key_lengths.empty()) {
    door.refuse("cu_seqlens and key_lengths are both given, expected one of them");
  }
  require_boundaries(door, "cu_seqlens", queries, lengths.queries, "the queries");
  require_boundaries(door, "cu_seqlens_keys", keys, lengths.keys, "the keys");
}

/// Of causal masks. Sequences have no more queries than there are.
void require_offsets(const Door& door, const AttentionOptions& options, const Lengths& lengths) {
  const std::span<const Index> offsets = options.query_offsets;
  if (offsets.empty()) {
    if (options.mask != Mask::causal) return;
    door.between("query_offset", options.query_offset, -lengths.queries, lengths.keys);
    return;
  }
  if (options.query_offset != 0) {
    door.refuse("query_offset and query_offsets are both given, expected one of them");
  }
  const std::span<const Index> bounds = key_bounds(options);
  const auto count = static_cast<Index>(offsets.size());
  if (bounds.empty()) {
    door.entries("query_offsets", count, lengths.batch, "one per batch entry");
  } else {
    door.entries("query_offsets", count, std::ssize(bounds) - 1, "one per packed sequence");
  }
  for (Index s = 0; s < count; ++s) {
    door.between("query_offsets[" + std::to_string(s) + "]", offsets[static_cast<std::size_t>(s)],
                 -lengths.queries, lengths.keys);
  }
}

void require_options(const Door& door, const AttentionOptions& options, const Lengths& lengths) {
  door.at_least("window", options.window, 0);
  require_live_keys(door, options, lengths);
  require_packing(door, options, lengths);
  require_offsets(door, options, lengths);
}

void require_causal(const Door& door, const AttentionOptions& options, std::string_view name) {
  if (options.mask == Mask::causal) return;
  door.refuse(std::string(name) + " given without a causal mask, expected one");
}

/// Positions times a decay stay in the range of exponents.
void require_decay(const Door& door, const AttentionOptions& options, Index key_heads,
                   const Lengths& lengths) {
  if (options.decay.empty()) return;
  require_causal(door, options, "decay is");
  door.entries("decay", static_cast<Index>(options.decay.size()), key_heads, "one per key head");
  constexpr double kMost = 0x1p27;
  for (std::size_t h = 0; h < options.decay.size(); ++h) {
    const double rate = options.decay[h];
    const std::string name = "decay[" + std::to_string(h) + "]";
    door.finite(name, rate);
    if (rate < 0.0) door.refuse(name, text::number(rate), "0 or more");
    if (rate * static_cast<double>(lengths.keys) <= kMost) continue;
    door.refuse(name, text::number(rate), "at most 2^27 over the length of the keys");
  }
}

/// Leaves in `sequence` those of its keys that are live.
void keep_live(AttentionSequence& sequence, const MatrixView<const bool>& mask) {
  const Index keys = sequence.num_keys;
  std::vector<Index> live;
  for (Index k = 0; k < keys; ++k) {
    if (mask(sequence.batch, sequence.first_key + k)) live.push_back(k);
  }
  sequence.num_keys = static_cast<Index>(live.size());
  const bool from_the_start = live.empty() || live.back() == sequence.num_keys - 1;
  if (!from_the_start) sequence.live = std::move(live);
}

/// The sequence of batch entry `b`, when nothing is packed.
AttentionSequence whole_entry(const AttentionOptions& options, const Lengths& lengths, Index b) {
  AttentionSequence sequence;
  sequence.batch = b;
  sequence.num_queries = lengths.queries;
  sequence.num_keys =
      options.key_lengths.empty() ? lengths.keys : options.key_lengths[static_cast<std::size_t>(b)];
  return sequence;
}

/// Packed sequence s of the one batch entry.
AttentionSequence packed_sequence(const AttentionOptions& options, Index s) {
  const std::span<const Index> queries = options.cu_seqlens;
  const std::span<const Index> keys = key_bounds(options);
  const auto i = static_cast<std::size_t>(s);
  AttentionSequence sequence;
  sequence.first_query = queries[i];
  sequence.num_queries = queries[i + 1] - queries[i];
  sequence.first_key = keys[i];
  sequence.num_keys = keys[i + 1] - keys[i];
  return sequence;
}

/// Those that have queries.
std::vector<AttentionSequence> sequences_of(const AttentionOptions& options,
                                            const Lengths& lengths) {
  const std::span<const Index> bounds = key_bounds(options);
  const bool packed = !bounds.empty();
  const Index count = packed ? static_cast<Index>(bounds.size()) - 1 : lengths.batch;
  std::vector<AttentionSequence> sequences;
  for (Index s = 0; s < count; ++s) {
    AttentionSequence sequence =
        packed ? packed_sequence(options, s) : whole_entry(options, lengths, s);
    if (sequence.num_queries == 0) continue;
    sequence.num_heads = lengths.heads;
    sequence.query_offset = options.query_offsets.empty()
                                ? options.query_offset
                                : options.query_offsets[static_cast<std::size_t>(s)];
    if (options.mask == Mask::causal) sequence.until = sequence.query_offset + 1;
    if (options.window > 0) sequence.from = sequence.query_offset - options.window + 1;
    if (options.key_mask.data != nullptr) keep_live(sequence, options.key_mask);
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

}  // namespace

Index AttentionSequence::keys_before(Index end) const {
  if (live.empty()) return std::clamp<Index>(end, 0, num_keys);
  return std::lower_bound(live.begin(), live.end(), end) - live.begin();
}

Index AttentionSequence::visible_end(Index i) const {
  return until ? keys_before(i + *until) : num_keys;
}

Index AttentionSequence::first_visible(Index i) const { return from ? keys_before(i + *from) : 0; }

const AttentionSequence& sequence_with(const AttentionProblem& problem, Index batch, Index head,
                                       Index query) {
  return *std::find_if(problem.sequences.begin(), problem.sequences.end(),
                       [&](const AttentionSequence& s) {
                         return s.batch == batch && query >= s.first_query &&
                                query < s.first_query + s.num_queries && head >= s.first_head &&
                                head < s.first_head + s.num_heads;
                       });
}

template <Scalar T>
AttentionProblem attention_problem(const Door& door, const AttentionInputs<T>& inputs,
                                   const AttentionOptions& options) {
  require_shapes(door, inputs);
  const auto& [q, k, v] = inputs;
  const Lengths lengths{q.extent(0), q.extent(2), q.extent(1), k.extent(2)};
  require_options(door, options, lengths);
  AttentionProblem problem;
  problem.heads = q.extent(1);
  problem.key_heads = q.extent(1) > 0 ? k.extent(1) : 0;
  problem.heads_per_key_head = problem.key_heads > 0 ? problem.heads / problem.key_heads : 0;
  problem.dim = q.extent(3);
  problem.value_dim = v.extent(3);
  problem.sequences = sequences_of(options, lengths);
  require_decay(door, options, problem.key_heads, lengths);
  problem.decay = options.decay;
  if (options.gates.data != nullptr) require_causal(door, options, "gates are");
  require_gates(door, options.gates, k.extent(0), k.extent(1), k.extent(2));
  apply_gates(door, options.gates, problem);
  return problem;
}

template <Scalar T>
MatrixView<const T> live_rows(const AttentionSequence& sequence, MatrixView<const T> rows,
                              Index first, Index count, Matrix<T>& buffer) {
  if (count == 0) return rows.middle_rows(sequence.first_key, 0);
  const Index start = sequence.position(first);
  if (sequence.position(first + count - 1) - start == count - 1) {
    return rows.middle_rows(sequence.first_key + start, count);
  }
  for (Index r = 0; r < count; ++r) {
    const T* const from = rows.row(sequence.first_key + sequence.position(first + r));
    T* const to = buffer.row(r);
    for (Index c = 0; c < rows.cols; ++c) to[c] = from[c * rows.col_stride];
  }
  return {buffer.data(), count, rows.cols, buffer.cols(), 1};
}

template AttentionProblem attention_problem<float>(const Door&, const AttentionInputs<float>&,
                                                   const AttentionOptions&);
template AttentionProblem attention_problem<double>(const Door&, const AttentionInputs<double>&,
                                                    const AttentionOptions&);
template MatrixView<const float> live_rows<float>(const AttentionSequence&, MatrixView<const float>,
                                                  Index, Index, Matrix<float>&);
template MatrixView<const double> live_rows<double>(const AttentionSequence&,
                                                    MatrixView<const double>, Index, Index,
                                                    Matrix<double>&);

}  // namespace bochner::attention_internals
