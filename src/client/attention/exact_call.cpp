// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_call.hpp"

#include "core/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace bochner {
namespace {

/// Base-2 logits up to this in size are left to T: their rounding errors then change weights by
/// about 2^-15 (double: 2^-40) at most.
template <Scalar T>
constexpr double kLargestLogit = std::same_as<T, float> ? 0x1p8 : 0x1p12;

/// Products beyond this are refused.
constexpr double kLargestProduct = 1e300;

void check_weights(const std::string& function, const char* name,
                   const std::array<Index, 4>& extents, const std::array<Index, 4>& weights) {
  if (extents == weights) return;
  std::string text = function + ": " + name + " is";
  for (std::size_t k = 0; k < 4; ++k) text += (k ? " x " : " ") + std::to_string(extents[k]);
  text += ", expected batch x heads x L x S";
  for (std::size_t k = 0; k < 4; ++k) text += (k ? " x " : ": ") + std::to_string(weights[k]);
  throw InvalidArgument(text);
}

template <Scalar T>
ExactGroup measure(const ExactCall<T>& call, const AttentionSequence& sequence, Index key_head) {
  const auto keys = head_rows(call.inputs.keys, sequence.batch, key_head);
  const auto values = head_rows(call.inputs.values, sequence.batch, key_head);
  const auto count = static_cast<std::size_t>(sequence.num_keys);
  ExactGroup group{std::vector<double>(static_cast<std::size_t>(keys.cols)),
                   std::vector<double>(count), std::vector<double>(count)};
  RowLength length(call.kernel);
  double longest = 0.0;
  double largest = 0.0;
  for (Index k = 0; k < sequence.num_keys; ++k) {
    const Index at = sequence.first_key + sequence.position(k);
    if (k == 0) {
      for (Index c = 0; c < keys.cols; ++c) {
        const auto x = static_cast<double>(keys(at, c));
        group.origin[static_cast<std::size_t>(c)] = std::isfinite(x) ? x : 0.0;
      }
    }
    longest = std::fmax(longest, length(keys.row(at), keys.col_stride, group.origin.data()));
    for (Index c = 0; c < values.cols; ++c) {
      const double size = std::abs(static_cast<double>(values(at, c)));
      if (std::isfinite(size)) largest = std::max(largest, size);
    }
    group.longest[static_cast<std::size_t>(k)] = longest;
    group.largest[static_cast<std::size_t>(k)] = largest;
  }
  return group;
}

}  // namespace

template <Scalar T>
ExactCall<T> exact_call(const std::string& function, const Kernel& kernel,
                        const AttentionInputs<T>& inputs, const AttentionOptions& options,
                        TensorView<const T, 4> bias, const Execution& execution) {
  AttentionProblem problem = attention_problem(function, inputs, options);
  const std::array<Index, 4> weights{inputs.queries.extent(0), inputs.queries.extent(1),
                                     inputs.queries.extent(2), inputs.keys.extent(2)};
  if (options.allowed.data != nullptr) {
    check_weights(function, "allowed", options.allowed.extents, weights);
  }
  if (bias.data != nullptr) check_weights(function, "bias", bias.extents, weights);
  if (options.precision != Precision::full) {
    throw InvalidArgument(function + ": precision is bfloat16, which only `attention` offers");
  }
  ExactKernel exact(function, kernel, problem.dim);
  ExactCall<T> call{function, std::move(exact), inputs, options, bias, std::move(problem), {}};
  const Index key_heads = call.problem.key_heads;
  const Index count = static_cast<Index>(call.problem.sequences.size()) * key_heads;
  call.groups.resize(static_cast<std::size_t>(count));
  parallel_for_blocks(count, execution, [&](Index g, int) {
    const auto& sequence = call.problem.sequences[static_cast<std::size_t>(g / key_heads)];
    call.groups[static_cast<std::size_t>(g)] = measure(call, sequence, g % key_heads);
  });
  return call;
}

template <Scalar T>
double top_bias(const ExactCall<T>& call, const AttentionSequence& sequence, Index head,
                Index query) {
  double top = -std::numeric_limits<double>::infinity();
  if (call.bias.data == nullptr) return top;
  const Index row = sequence.first_query + query;
  const auto bias = head_rows(call.bias, sequence.batch, head);
  const bool masked = call.options.allowed.data != nullptr;
  const auto allowed =
      masked ? head_rows(call.options.allowed, sequence.batch, head) : MatrixView<const bool>{};
  for (Index k = sequence.first_visible(query); k < sequence.visible_end(query); ++k) {
    const Index at = sequence.first_key + sequence.position(k);
    if (!masked || allowed(row, at)) top = std::fmax(top, static_cast<double>(bias(row, at)));
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
    const Index end = sequence.visible_end(query);
    ranges[r] = ExactRange::ordinary;
    if (end <= sequence.first_visible(query)) continue;
    const auto last = static_cast<std::size_t>(end - 1);
    const Index row = sequence.first_query + query;
    const double q = length(queries.row(row), queries.col_stride, group.origin.data());
    const double k = group.longest[last];
    const double product = call.kernel.shift_invariant() ? 0.5 * (q + k) * (q + k) : q * k;
    if (product > kLargestProduct) {
      throw InvalidArgument(call.function + ": queries: batch " + std::to_string(sequence.batch) +
                            ", head " + std::to_string(head) + ", row " + std::to_string(row) +
                            " and a key that it may see are too long: after the kernel's scaling "
                            "their product could be beyond 1e300");
    }
    const double bias = std::abs(top_bias(call, sequence, head, query));
    const bool far_bias = call.bias.data != nullptr && std::isfinite(bias) &&
                          bias * std::numbers::log2e > kLargestLogit<T>;
    const bool wide = product * std::numbers::log2e > kLargestLogit<T> || far_bias ||
                      group.largest[last] > kLargestExactValue<T>;
    if (wide) ranges[r] = ExactRange::wide;
  }
}

template ExactCall<float> exact_call<float>(const std::string&, const Kernel&,
                                            const AttentionInputs<float>&, const AttentionOptions&,
                                            TensorView<const float, 4>, const Execution&);
template ExactCall<double> exact_call<double>(const std::string&, const Kernel&,
                                              const AttentionInputs<double>&,
                                              const AttentionOptions&, TensorView<const double, 4>,
                                              const Execution&);
template void exact_ranges<float>(const ExactCall<float>&, const AttentionSequence&, Index, Index,
                                  std::span<ExactRange>);
template void exact_ranges<double>(const ExactCall<double>&, const AttentionSequence&, Index, Index,
                                   std::span<ExactRange>);
template double top_bias<float>(const ExactCall<float>&, const AttentionSequence&, Index, Index);
template double top_bias<double>(const ExactCall<double>&, const AttentionSequence&, Index, Index);

}  // namespace bochner
