// SPDX-License-Identifier: Apache-2.0
#include "client/attention/blocked_keys.hpp"

#include "client/attention/gathered_rows.hpp"
#include "client/attention/key_subsets.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bochner::attention_internals {

template <Scalar T>
BlockedKeys<T>::BlockedKeys(const AttentionCall<T>& the_call, const AttentionOptions& the_options,
                            const AttentionSequence& the_sequence, Index the_key_head)
    : call(the_call),
      options(the_options),
      sequence(the_sequence),
      key_head(the_key_head),
      bisected(options.exact.blocks.order == BlockOrder::bisection),
      live_keys(live_rows_of(call.inputs.keys)),
      live_values(live_rows_of(call.inputs.values)),
      exact(whole_head()),
      origin(mean_key()),
      rows(transformed(std::as_const(live_keys).view())),
      blocks(cut(spread_keys(), options.exact.blocks.key_rows)),
      means(exact.kernel, rows.view(), blocks),
      always(always_exact(sequence, head_rows(call.inputs.keys, sequence.batch, key_head),
                          options.exact)),
      keys(call.inputs.keys),
      values(call.inputs.values) {
  if (options.rest == Rest::means) average();
  if (!bisected) {
    live_keys = live_values = {};
    return;
  }
  for (Matrix<T>* const live : {&live_keys, &live_values}) {
    *live = gathered<T>(std::as_const(*live).view(), live->rows(),
                        [&](Index r) { return blocks.row(r); });
  }
  keys = of_all_heads(live_keys.view());
  values = of_all_heads(live_values.view());
}

template <Scalar T>
Matrix<T> BlockedKeys<T>::live_rows_of(const TensorView<const T, 4>& tensor) const {
  return gathered<T>(head_rows(tensor, sequence.batch, key_head), sequence.num_keys,
                     [&](Index k) { return sequence.first_key + sequence.position(k); });
}

template <Scalar T>
TensorView<const T, 4> BlockedKeys<T>::of_all_heads(const MatrixView<const T>& x) const {
  const auto& q = call.inputs.queries;
  return for_all_heads(x, q.extent(0), q.extent(1));
}

template <Scalar T>
ExactCall<T> BlockedKeys<T>::whole_head() const {
  AttentionProblem problem = call.problem;
  problem.sequences = {sequence};
  problem.sequences.front().first_head = key_head * problem.heads_per_key_head;
  problem.sequences.front().num_heads = problem.heads_per_key_head;
  return exact_pass<T>(call.door, call.map.spec().kernel, call.inputs, options, {},
                       std::move(problem), call.execution);
}

/// Of the finite keys, for kernels that do not see shifts.
template <Scalar T>
std::vector<double> BlockedKeys<T>::mean_key() const {
  std::vector<double> mean(static_cast<std::size_t>(live_keys.cols()));
  double count = 0.0;
  for (Index k = 0; k < live_keys.rows() && exact.kernel.shift_invariant(); ++k) {
    const T* const row = live_keys.row(k);
    if (!std::all_of(row, row + live_keys.cols(), [](T x) { return std::isfinite(x); })) continue;
    count += 1.0;
    for (std::size_t c = 0; c < mean.size(); ++c) {
      mean[c] += (static_cast<double>(row[c]) - mean[c]) / count;
    }
  }
  return mean;
}

template <Scalar T>
Matrix<double> BlockedKeys<T>::transformed(const MatrixView<const T>& x) const {
  Matrix<double> out(x.rows, x.cols);
  exact.kernel.template transform<T, double>(Side::key, origin.data(), x, out);
  return out;
}

/// Keys as bisection sees them: for kernels of products, by how far these vary over queries.
template <Scalar T>
Matrix<double> BlockedKeys<T>::spread_keys() const {
  if (!bisected || exact.kernel.shift_invariant()) return rows;
  std::vector<Matrix<double>> queries;
  std::vector<MatrixView<const double>> views;
  for (Index h = 0; h < call.problem.heads_per_key_head; ++h) {
    const Index head = key_head * call.problem.heads_per_key_head + h;
    queries.push_back(transformed(head_rows(call.inputs.queries, sequence.batch, head)
                                      .middle_rows(sequence.first_query, sequence.num_queries)));
    views.push_back(std::as_const(queries.back()).view());
  }
  return in_metric_of(views, rows.view());
}

template <Scalar T>
BlocksOfRows BlockedKeys<T>::cut(const Matrix<double>& x, Index rows_per_block) const {
  return bisected ? bisected_blocks(x.view(), rows_per_block)
                  : given_blocks(x.rows(), rows_per_block);
}

template <Scalar T>
AttentionSequence BlockedKeys<T>::all_keys() const {
  AttentionSequence out = sequence;
  if (!bisected) return out;
  out.first_key = 0;
  out.live.clear();
  return out;
}

template <Scalar T>
AttentionProblem BlockedKeys<T>::problem_of(Index dim) const {
  AttentionProblem problem = call.problem;
  problem.dim = dim;
  problem.sequences.clear();
  return problem;
}

/// Longer rows and mean values.
template <Scalar T>
void BlockedKeys<T>::average() {
  mean_keys = Matrix<T>(blocks.count(), means.rows().cols());
  mean_values = Matrix<T>(blocks.count(), live_values.cols());
  for (Index b = 0; b < blocks.count(); ++b) {
    std::transform(means.rows().row(b), means.rows().row(b) + mean_keys.cols(), mean_keys.row(b),
                   [](double x) { return static_cast<T>(x); });
    const auto n = static_cast<double>(blocks.end(b) - blocks.first(b));
    for (Index c = 0; c < mean_values.cols(); ++c) {
      double sum = 0.0;
      for (Index r = blocks.first(b); r < blocks.end(b); ++r) {
        sum += static_cast<double>(live_values(blocks.row(r), c)) / n;
      }
      mean_values(b, c) = static_cast<T>(sum);
    }
  }
}

template struct BlockedKeys<float>;
template struct BlockedKeys<double>;

}  // namespace bochner::attention_internals
