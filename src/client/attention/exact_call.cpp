// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_call.hpp"

#include "client/attention/call.hpp"
#include "client/attention/checks.hpp"
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
  RowLength length(call.kernel);
  for (std::size_t k = 0; k < group.seen.size(); ++k) {
    if (!group.seen[k]) continue;
    const Index at = sequence.first_key + sequence.position(static_cast<Index>(k));
    if (group.origin.empty()) {
      for (Index c = 0; c < keys.cols; ++c) {
        const auto x = static_cast<double>(keys(at, c));
        group.origin.push_back(std::isfinite(x) ? x : 0.0);
      }
    }
    ExactSizes& sizes = group.sizes[k];
    sizes.length = std::fmax(0.0, length(keys.row(at), keys.col_stride, group.origin.data()));
    for (Index c = 0; c < values.cols; ++c) {
      const double size = std::abs(static_cast<double>(values(at, c)));
      if (std::isfinite(size)) sizes.value = std::max(sizes.value, size);
    }
  }
  group.origin.resize(static_cast<std::size_t>(keys.cols));
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

}  // namespace

void ExactSizes::raise(const ExactSizes& other) {
  length = std::max(length, other.length);
  value = std::max(value, other.value);
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
  RowLength length(call.kernel);
  for (std::size_t r = 0; r < ranges.size(); ++r) {
    const Index query = first + static_cast<Index>(r);
    ranges[r] = ExactRange::ordinary;
    const std::optional<ExactSizes> sizes = seen_sizes(call, sequence, head, query);
    if (!sizes) continue;
    const Index row = sequence.first_query + query;
    const double q = length(queries.row(row), queries.col_stride, group.origin.data());
    const double k = sizes->length;
    const double product = call.kernel.shift_invariant() ? 0.5 * (q + k) * (q + k) : q * k;
    if (product > kLargestProduct) {
      throw RefusedRow(call.door, {"queries", sequence.batch, head, row},
                       " and a key that it may see are too long: after the kernel's scaling their "
                       "product could be beyond 1e300");
    }
    const double bias = std::abs(top_bias(call, sequence, head, query));
    const bool far_bias = call.bias.data != nullptr && std::isfinite(bias) &&
                          bias * std::numbers::log2e > kLargestLogit<T>;
    const bool wide = product * std::numbers::log2e > kLargestLogit<T> || far_bias ||
                      sizes->value > kLargestExactValue<T>;
    if (wide) ranges[r] = ExactRange::wide;
    if (sizes->value > kLargestExactValue<double>) ranges[r] = ExactRange::wide_scaled;
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
