// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_call.hpp"

#include "client/attention/call.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/magnitudes.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

namespace bochner::attention_internals {
namespace {

/// Base-2 logits up to this in size are left to T: their rounding errors then change weights by
/// about 2^-15 (double: 2^-40) at most.
template <Scalar T>
constexpr double kLargestLogit = std::same_as<T, float> ? 0x1p8 : 0x1p12;

/// Products beyond this are refused.
constexpr double kLargestProduct = 1e300;

/// By live key, whether any query that reads the key head sees it.
template <Scalar T>
std::vector<char> seen_keys(const ExactCall<T>& call, const AttentionSequence& sequence,
                            Index key_head) {
  const Index heads = call.problem.heads_per_key_head;
  std::vector<char> seen(static_cast<std::size_t>(sequence.num_keys));
  Index first = 0;
  for (Index k = 0; k < sequence.num_keys; ++k) {
    while (first < sequence.num_queries && sequence.visible_end(first) <= k) ++first;
    const auto sees = [&](Index query) {
      for (Index h = 0; h < heads; ++h) {
        if (call.allows(sequence, key_head * heads + h, query, k)) return true;
      }
      return false;
    };
    Index query = first;
    while (query < sequence.num_queries && sequence.first_visible(query) <= k && !sees(query)) {
      ++query;
    }
    seen[static_cast<std::size_t>(k)] =
        query < sequence.num_queries && sequence.first_visible(query) <= k;
  }
  return seen;
}

template <Scalar T>
ExactGroup measure(const ExactCall<T>& call, const AttentionSequence& sequence, Index key_head,
                   const std::vector<double>& origin) {
  const auto keys = head_rows(call.inputs.keys, sequence.batch, key_head);
  const auto values = head_rows(call.inputs.values, sequence.batch, key_head);
  ExactGroup group;
  group.seen = seen_keys(call, sequence, key_head);
  group.sizes.resize(group.seen.size());
  group.origin = origin;
  const auto first_seen = std::find(group.seen.begin(), group.seen.end(), char{1});
  if (first_seen != group.seen.end() && group.origin.empty()) {
    const Index at = sequence.first_key + sequence.position(first_seen - group.seen.begin());
    for (Index c = 0; c < keys.cols; ++c) {
      const auto x = static_cast<double>(keys(at, c));
      group.origin.push_back(std::isfinite(x) ? x : 0.0);
    }
  }
  group.origin.resize(static_cast<std::size_t>(keys.cols));
  RowLengths<T> lengths(call.kernel, group.origin);
  std::size_t k = 0;
  for_each_live_run(sequence, [&](Index first, Index count) {
    for (Index at = first; at < first + count; at += simd::kBlockRows) {
      const Index rows = std::min(simd::kBlockRows, first + count - at);
      const std::span<const double> of_rows = lengths(keys.middle_rows(at, rows));
      for (Index r = 0; r < rows; ++r, ++k) {
        if (!group.seen[k]) continue;
        const auto magnitude = row_magnitude(values.row(at + r), values.col_stride, values.cols);
        group.sizes[k] = {.length = std::fmax(0.0, of_rows[static_cast<std::size_t>(r)]),
                          .value = static_cast<double>(magnitude.largest_finite),
                          .finite = magnitude.finite};
      }
    }
  });
  group.collect();
  return group;
}

/// Of the keys that a row sees; nothing where it sees none.
template <Scalar T>
std::optional<ExactSizes> seen_sizes(const ExactCall<T>& call, const AttentionSequence& sequence,
                                     Index head, Index query) {
  const ExactGroup& group = call.group(sequence, head / call.problem.heads_per_key_head);
  const Index first = sequence.first_visible(query);
  const Index end = sequence.visible_end(query);
  if (first >= end) return std::nullopt;
  if (call.options.allowed.data == nullptr) return group.largest(first, end);
  std::optional<ExactSizes> sizes;
  for (Index k = first; k < end; ++k) {
    if (!call.allows(sequence, head, query, k)) continue;
    if (!sizes) sizes.emplace();
    sizes->raise(group.sizes[static_cast<std::size_t>(k)]);
  }
  return sizes;
}

/// What bounds the logits of a query and a key of these lengths.
double largest_product(const ExactKernel& kernel, double query, double key) {
  return kernel.shift_invariant() ? 0.5 * (query + key) * (query + key) : query * key;
}

/// Without a bias.
template <Scalar T>
ExactRange range_of(const ExactKernel& kernel, double query, const ExactSizes& keys) {
  if (keys.value > kLargestExactValue<double>) return ExactRange::wide_scaled;
  const double logit = largest_product(kernel, query, keys.length) * std::numbers::log2e;
  return logit > kLargestLogit<T> || keys.value > kLargestExactValue<T> ? ExactRange::wide
                                                                        : ExactRange::ordinary;
}

}  // namespace

void ExactSizes::raise(const ExactSizes& other) {
  length = std::max(length, other.length);
  value = std::max(value, other.value);
  finite = finite && other.finite;
}

void ExactGroup::collect() {
  blocks_.assign(sizes.size() / simd::kBlockRows, {});
  for (std::size_t k = 0; k < blocks_.size() * simd::kBlockRows; ++k) {
    blocks_[k / simd::kBlockRows].raise(sizes[k]);
  }
}

ExactGroup ExactGroup::pick(std::span<const Index> keys) const {
  ExactGroup out;
  out.origin = origin;
  out.seen.assign(keys.size(), 1);
  for (const Index k : keys) out.sizes.push_back(sizes[static_cast<std::size_t>(k)]);
  out.collect();
  return out;
}

ExactSizes ExactGroup::largest(Index first, Index end) const {
  ExactSizes out;
  for (Index k = first; k < end;) {
    const bool whole = k % simd::kBlockRows == 0 && k + simd::kBlockRows <= end;
    const auto i = static_cast<std::size_t>(k);
    out.raise(whole ? blocks_[i / simd::kBlockRows] : sizes[i]);
    k += whole ? simd::kBlockRows : 1;
  }
  return out;
}

namespace {

/// Looks at the keys.
template <Scalar T>
ExactCall<T> measured(ExactCall<T> call, const Execution& execution,
                      const std::vector<double>& origin = {}) {
  const auto& sequences = call.problem.sequences;
  call.of_single_heads =
      call.problem.gates.data != nullptr &&
      std::all_of(sequences.begin(), sequences.end(), [&](const AttentionSequence& sequence) {
        return sequence.num_heads == call.problem.heads_per_key_head;
      });
  const auto count = static_cast<Index>(sequences.size()) *
                     (call.of_single_heads ? Index{1} : call.problem.key_heads);
  call.groups.resize(static_cast<std::size_t>(count));
  parallel_for_blocks(count, execution, [&](Index g, int) {
    const auto [sequence, key_head] = call.place(g);
    if (!is_about(call.problem, *sequence, key_head)) return;
    call.groups[static_cast<std::size_t>(g)] = measure(call, *sequence, key_head, origin);
  });
  return call;
}

}  // namespace

template <Scalar T>
ExactCall<T> exact_call(const Door& door, const Kernel& kernel, const AttentionInputs<T>& inputs,
                        const AttentionOptions& options, TensorView<const T, 4> bias,
                        const Execution& execution) {
  AttentionProblem problem = attention_problem(door, inputs, options);
  require_pairs(door, inputs, options, bias);
  if (options.products != Products::full) {
    door.refuse("products are bfloat16, which only `attention` offers");
  }
  require_features_only(door, options);
  ExactKernel exact(door, kernel, problem.dim);
  return measured(
      ExactCall<T>{door, std::move(exact), inputs, options, bias, std::move(problem), {}},
      execution);
}

template <Scalar T>
ExactCall<T> exact_pass(const Door& door, const Kernel& kernel, const AttentionInputs<T>& inputs,
                        const AttentionOptions& options, TensorView<const T, 4> bias,
                        AttentionProblem problem, const Execution& execution,
                        const std::vector<double>& origin) {
  ExactKernel exact(door, kernel, problem.dim);
  return measured(
      ExactCall<T>{door, std::move(exact), inputs, options, bias, std::move(problem), {}},
      execution, origin);
}

template <Scalar T>
double top_bias(const ExactCall<T>& call, const AttentionSequence& sequence, Index head,
                Index query) {
  double top = -std::numeric_limits<double>::infinity();
  if (call.bias.data == nullptr) return top;
  const Index row = sequence.first_query + query;
  const auto bias = head_rows(call.bias, sequence.batch, head);
  for (Index k = sequence.first_visible(query); k < sequence.visible_end(query); ++k) {
    if (!call.allows(sequence, head, query, k)) continue;
    const Index at = sequence.first_key + sequence.position(k);
    top = std::fmax(top, static_cast<double>(bias(row, at)));
  }
  return top;
}

template <Scalar T>
void exact_ranges(const ExactCall<T>& call, const AttentionSequence& sequence, Index head,
                  Index first, std::span<ExactRange> ranges) {
  const ExactGroup& group = call.group(sequence, head / call.problem.heads_per_key_head);
  const auto queries = head_rows(call.inputs.queries, sequence.batch, head);
  RowLengths<T> lengths(call.kernel, group.origin);
  std::span<const double> block;
  const ExactSizes any =
      group.largest(sequence.first_visible(first),
                    sequence.visible_end(first + static_cast<Index>(ranges.size()) - 1));
  for (std::size_t r = 0; r < ranges.size(); ++r) {
    const Index query = first + static_cast<Index>(r);
    const Index row = sequence.first_query + query;
    ranges[r] = ExactRange::ordinary;
    const std::size_t in_block = r % simd::kBlockRows;
    if (in_block == 0) {
      const auto rest = static_cast<Index>(ranges.size() - r);
      block = lengths(queries.middle_rows(row, std::min(simd::kBlockRows, rest)));
    }
    const double q = block[in_block];
    // A window of keys is looked at only where the largest of all rows' keys could matter.
    if (call.bias.data == nullptr && range_of<T>(call.kernel, q, any) == ExactRange::ordinary) {
      continue;
    }
    const std::optional<ExactSizes> sizes = seen_sizes(call, sequence, head, query);
    if (!sizes) continue;
    if (largest_product(call.kernel, q, sizes->length) > kLargestProduct) {
      throw RefusedRow(call.door, {"queries", sequence.batch, head, row},
                       " and a key that it may see are too long: after the kernel's scaling their "
                       "product could be beyond 1e300");
    }
    const double bias = std::abs(top_bias(call, sequence, head, query));
    const bool far_bias = call.bias.data != nullptr && std::isfinite(bias) &&
                          bias * std::numbers::log2e > kLargestLogit<T>;
    const ExactRange range = range_of<T>(call.kernel, q, *sizes);
    ranges[r] = far_bias && range == ExactRange::ordinary ? ExactRange::wide : range;
  }
}

template ExactCall<float> exact_call<float>(const Door&, const Kernel&,
                                            const AttentionInputs<float>&, const AttentionOptions&,
                                            TensorView<const float, 4>, const Execution&);
template ExactCall<double> exact_call<double>(const Door&, const Kernel&,
                                              const AttentionInputs<double>&,
                                              const AttentionOptions&, TensorView<const double, 4>,
                                              const Execution&);
template ExactCall<float> exact_pass<float>(const Door&, const Kernel&,
                                            const AttentionInputs<float>&, const AttentionOptions&,
                                            TensorView<const float, 4>, AttentionProblem,
                                            const Execution&, const std::vector<double>&);
template ExactCall<double> exact_pass<double>(const Door&, const Kernel&,
                                              const AttentionInputs<double>&,
                                              const AttentionOptions&, TensorView<const double, 4>,
                                              AttentionProblem, const Execution&,
                                              const std::vector<double>&);
template void exact_ranges<float>(const ExactCall<float>&, const AttentionSequence&, Index, Index,
                                  std::span<ExactRange>);
template void exact_ranges<double>(const ExactCall<double>&, const AttentionSequence&, Index, Index,
                                   std::span<ExactRange>);
template double top_bias<float>(const ExactCall<float>&, const AttentionSequence&, Index, Index);
template double top_bias<double>(const ExactCall<double>&, const AttentionSequence&, Index, Index);

}  // namespace bochner::attention_internals
