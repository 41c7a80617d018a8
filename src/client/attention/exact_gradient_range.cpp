// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_gradient_range.hpp"

#include "client/attention/key_tiles.hpp"
#include "client/attention/magnitudes.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace bochner::attention_internals {

template <Scalar T>
ExactRange gradient_range(const ExactCall<T>& call, const TensorView<const T, 4>& out_gradient,
                          const AttentionSequence& sequence, Index key_head) {
  const AttentionProblem& problem = call.problem;
  const ExactGroup& group = call.group(sequence, key_head);
  const ExactSizes sizes = group.largest(0, sequence.num_keys);
  std::vector<ExactRange> rows(static_cast<std::size_t>(sequence.num_queries));
  RowLengths<T> lengths(call.kernel, group.origin);
  bool wide = false;
  double gradient = 0.0;
  double longest = std::max(1.0, sizes.length);
  for_each_head_about(problem, sequence, key_head, [&](Index head) {
    exact_ranges(call, sequence, head, 0, std::span(rows));
    wide = wide || std::any_of(rows.begin(), rows.end(), is_wide);
    const auto queries = head_rows(call.inputs.queries, sequence.batch, head);
    const auto slopes = head_rows(out_gradient, sequence.batch, head);
    for (Index i = 0; i < sequence.num_queries; i += simd::kBlockRows) {
      const Index count = std::min(simd::kBlockRows, sequence.num_queries - i);
      const Index first = sequence.first_query + i;
      for (const double length : lengths(queries.middle_rows(first, count))) {
        longest = std::fmax(longest, length);
      }
      for (Index r = first; r < first + count; ++r) {
        const auto size = row_magnitude(slopes.row(r), slopes.col_stride, slopes.cols);
        gradient = std::max(gradient, static_cast<double>(size.largest_finite));
      }
    }
  });
  constexpr double kMost = 1e300;
  const double size = sizes.value * gradient * longest;
  if (!(size <= kMost) || sizes.value > kLargestExactValue<double>) {
    call.door.refuse("values: batch " + std::to_string(sequence.batch) + ", head " +
                     std::to_string(key_head) +
                     " are too large: products with out_gradient and rows could overflow");
  }
  return wide || size > kLargestExactValue<T> ? ExactRange::wide : ExactRange::ordinary;
}

template ExactRange gradient_range<float>(const ExactCall<float>&,
                                          const TensorView<const float, 4>&,
                                          const AttentionSequence&, Index);
template ExactRange gradient_range<double>(const ExactCall<double>&,
                                           const TensorView<const double, 4>&,
                                           const AttentionSequence&, Index);

}  // namespace bochner::attention_internals
