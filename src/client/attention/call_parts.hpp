// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/call.hpp"
#include "client/attention/gates.hpp"

#include <algorithm>
#include <span>
#include <vector>

/// \file
/// Parts of a call, each computed by itself.

namespace bochner::attention_internals {

/// `count` entries of one axis of a tensor, from `first` on; nothing of nothing.
template <class T, int Rank>
TensorView<T, Rank> axis_part(TensorView<T, Rank> tensor, int axis, Index first, Index count) {
  if (tensor.data != nullptr) tensor.data += first * tensor.stride(axis);
  tensor.extents[static_cast<std::size_t>(axis)] = count;
  return tensor;
}

/// `count` heads of a tensor.
template <class T>
TensorView<T, 4> heads_of(const TensorView<T, 4>& tensor, Index first, Index count) {
  return axis_part(tensor, 1, first, count);
}

/// Of calls for some of the key heads.
inline AttentionOptions options_of_key_heads(AttentionOptions options, Index first, Index count) {
  if (!options.decay.empty()) {
    options.decay =
        options.decay.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  }
  options.gates = gates_of_key_heads(options.gates, first, count);
  return options;
}

/// Some key heads of some batch entries, with the query heads that read them.
struct CallPart {
  Index batch = 0;
  Index batches = 0;
  Index key_head = 0;
  Index key_heads = 0;
  Index heads_per_key_head = 0;
  Index keys = 0;  ///< of each head, the first ones

  template <class T>
  TensorView<T, 4> of_keys(const TensorView<T, 4>& tensor) const {
    return axis_part(heads_of(axis_part(tensor, 0, batch, batches), key_head, key_heads), 2, 0,
                     keys);
  }
  template <class T>
  TensorView<T, 4> of_queries(const TensorView<T, 4>& tensor) const {
    return heads_of(axis_part(tensor, 0, batch, batches), key_head * heads_per_key_head,
                    key_heads * heads_per_key_head);
  }
  /// Of a tensor with an entry for each query and key.
  template <class T>
  TensorView<T, 4> of_pairs(const TensorView<T, 4>& tensor) const {
    return axis_part(of_queries(tensor), 3, 0, keys);
  }
  std::span<const Index> of_lengths(std::span<const Index> lengths) const {
    return lengths.empty() ? lengths
                           : lengths.subspan(static_cast<std::size_t>(batch),
                                             static_cast<std::size_t>(batches));
  }
  AttentionOptions of_options(AttentionOptions options) const {
    if (options.key_mask.data != nullptr) {
      options.key_mask = options.key_mask.middle_rows(batch, batches).middle_cols(0, keys);
    }
    options.key_lengths = of_lengths(options.key_lengths);
    if (options.cu_seqlens.empty()) options.query_offsets = of_lengths(options.query_offsets);
    options.allowed = of_pairs(options.allowed);
    options.gates = axis_part(axis_part(options.gates, 0, batch, batches), 2, 0, keys);
    return options_of_key_heads(options, key_head, key_heads);
  }
  /// The same without keys that lengths say are not live in any of the batch entries.
  CallPart without_padding(const AttentionOptions& options) const {
    const std::span<const Index> lengths = of_lengths(options.key_lengths);
    if (lengths.empty()) return *this;
    CallPart part = *this;
    // An offset may be as large as the number of keys.
    part.keys = options.mask == Mask::causal ? std::max<Index>(options.query_offset, 0) : 0;
    for (const Index offset : of_lengths(options.query_offsets)) {
      part.keys = std::max(part.keys, offset);
    }
    for (const Index length : lengths) part.keys = std::max(part.keys, length);
    return part;
  }
};

/// Calls body(part) for parts that together are the whole call, of about `size` key heads each: of
/// one batch entry, or of whole ones. At least once, so that an empty call is one, too.
template <class Body>
void for_each_part(const CallPart& whole, Index size, const Body& body) {
  if (whole.batches == 0 || whole.key_heads == 0) return body(whole);
  const Index batches = std::clamp<Index>(size / whole.key_heads, 1, whole.batches);
  const Index heads = std::min(size, whole.key_heads);
  CallPart part = whole;
  for (part.batch = 0; part.batch < whole.batches; part.batch += batches) {
    part.batches = std::min(batches, whole.batches - part.batch);
    for (part.key_head = 0; part.key_head < whole.key_heads; part.key_head += heads) {
      part.key_heads = std::min(heads, whole.key_heads - part.key_head);
      body(part);
    }
  }
}

/// One report for all parts, which compute alike.
inline AttentionReport total_report(const std::vector<AttentionReport>& reports) {
  AttentionReport total = sum_reports(reports);
  if (!reports.empty()) total.arithmetic = reports.front().arithmetic;
  return total;
}

}  // namespace bochner::attention_internals
