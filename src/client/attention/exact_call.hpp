// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/exact_kernel.hpp"
#include "client/attention/problem.hpp"
#include "simd/engine.hpp"

#include <array>
#include <span>
#include <utility>
#include <vector>

/// \file
/// A checked call to exact attention, and which of its rows need the wide range.

namespace bochner::attention_internals {

/// What decides how a row is computed: the largest finite length and the largest finite |v| of the
/// keys that it sees.
struct ExactSizes {
  double length = 0.0;
  double value = 0.0;  ///< the largest finite one
  bool finite = true;  ///< all values are

  void raise(const ExactSizes& other);
};

/// One key head of one sequence. Keys that no query sees count as zeros.
class ExactGroup {
 public:
  /// The first live key that a query sees, 0 where that is not finite.
  std::vector<double> origin;
  std::vector<char> seen;         ///< by live key, whether any query sees it
  std::vector<ExactSizes> sizes;  ///< by live key

  /// The same for some of its keys, all of which queries see.
  ExactGroup pick(std::span<const Index> keys) const;
  /// To be called after `sizes` change.
  void collect();
  /// The largest sizes of the live keys first .. end - 1.
  ExactSizes largest(Index first, Index end) const;

 private:
  std::vector<ExactSizes> blocks_;  ///< the largest of kBlockRows keys each
};

template <Scalar T>
struct ExactCall {
  Door door;
  ExactKernel kernel;
  const AttentionInputs<T>& inputs;
  const AttentionOptions& options;
  TensorView<const T, 4> bias;
  AttentionProblem problem;
  std::vector<ExactGroup> groups;  ///< by sequence and key head
  /// Gates have cut sequences by heads, so that groups are by sequence alone: there may be many.
  bool of_single_heads = false;

  const ExactGroup& group(const AttentionSequence& sequence, Index key_head) const {
    return groups[group_number(&sequence - problem.sequences.data(), key_head)];
  }
  std::size_t group_number(Index sequence, Index key_head) const {
    return static_cast<std::size_t>(of_single_heads ? sequence
                                                    : sequence * problem.key_heads + key_head);
  }
  /// The sequence and the key head of a group.
  std::pair<const AttentionSequence*, Index> place(Index group) const {
    const Index s = of_single_heads ? group : group / problem.key_heads;
    const AttentionSequence& sequence = problem.sequences[static_cast<std::size_t>(s)];
    if (of_single_heads) return {&sequence, sequence.first_head / problem.heads_per_key_head};
    return {&sequence, group % problem.key_heads};
  }
  /// Whether `allowed` lets a query see a live key; the mask and the window may still hide it.
  bool allows(const AttentionSequence& sequence, Index head, Index query, Index key) const {
    if (options.allowed.data == nullptr) return true;
    return head_rows(options.allowed, sequence.batch, head)(
        sequence.first_query + query, sequence.first_key + sequence.position(key));
  }
};

/// Throws InvalidArgument when the call does not fit.
template <Scalar T>
ExactCall<T> exact_call(const Door& door, const Kernel& kernel, const AttentionInputs<T>& inputs,
                        const AttentionOptions& options, TensorView<const T, 4> bias,
                        const Execution& execution);

/// The same for a problem that is already cut; inputs and options must outlive the call. An
/// `origin` that is given is that of all groups.
template <Scalar T>
ExactCall<T> exact_pass(const Door& door, const Kernel& kernel, const AttentionInputs<T>& inputs,
                        const AttentionOptions& options, TensorView<const T, 4> bias,
                        AttentionProblem problem, const Execution& execution,
                        const std::vector<double>& origin = {});

/// The ranges of `count` queries of a head: wide where the logits that a row may see are so large
/// that their rounding in T would show in the weights, or values so large that sums of them could
/// overflow, scaled where they could even in double. Throws InvalidArgument when products could
/// overflow double.
template <Scalar T>
void exact_ranges(const ExactCall<T>& call, const AttentionSequence& sequence, Index head,
                  Index first, std::span<ExactRange> ranges);

/// The largest bias of the keys that a row sees, -infinity where it sees none or there is no bias.
template <Scalar T>
double top_bias(const ExactCall<T>& call, const AttentionSequence& sequence, Index head,
                Index query);

/// Values beyond this are summed in the wide range: sums of 2^24 of them stay finite.
template <Scalar T>
inline constexpr double kLargestExactValue = std::same_as<T, float> ? 0x1p100 : 0x1p900;

}  // namespace bochner::attention_internals
