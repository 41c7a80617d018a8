// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/exact.hpp"

#include "client/attention/backward.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/exact_backward.hpp"
#include "client/attention/exact_gradient_range.hpp"
#include "client/attention/exact_weights.hpp"
#include "client/attention/gates.hpp"
#include "client/attention/rows.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <numbers>
#include <numeric>

namespace bochner::attention_internals {
namespace {

template <Scalar T, Scalar U>
struct ExactGradientWorker {
  explicit ExactGradientWorker(const ExactGradientCall<T, U>& call)
      : keys(call.forward, call.range),
        values(kExactKeys, call.forward.problem.value_dim),
        block(call),
        queries_gradient(simd::kBlockRows, simd::padded<U>(call.forward.problem.dim)),
        part(simd::kBlockRows, simd::padded<U>(call.forward.problem.dim)),
        keys_gradient(kExactKeys, simd::padded<U>(call.forward.problem.dim)),
        values_gradient(kExactKeys, simd::padded<U>(call.forward.problem.value_dim)),
        column(1, kExactKeys),
        logit_sums(1, kExactKeys),
        factor_sums(kExactKeys),
        rows(kExactKeys, call.forward.problem.dim) {}
  void pack_values() { values.pack(keys.values().data(), keys.values().cols(), keys.count()); }
  ExactKeys<T, U> keys;
  PackedTranspose<U> values;
  WeightGradient<T, U> block;
  Matrix<U> queries_gradient;
  Matrix<U> part;
  Matrix<U> keys_gradient;
  Matrix<U> values_gradient;
  Matrix<U> column;
  Matrix<U> logit_sums;
  std::vector<double> factor_sums;  ///< the same for gates, in any range
  Matrix<T> rows;
};

/// sum += weight (x - from), and nothing for a weight of zero, whatever x.
template <Scalar U>
void add_difference(U weight, const U* x, const U* from, Index dim, U* sum) {
  if (weight == U{0}) return;
  for (Index c = 0; c < dim; ++c) sum[c] += weight * (x[c] - from[c]);
}

/// Adds to the gradients of a block of queries what comes from a tile of keys: sums of keys, of
/// wide rows sums of differences.
template <Scalar T, Scalar U>
void add_keys(const ExactGradientCall<T, U>& call, Index count, ExactGradientWorker<T, U>& worker) {
  const Index dim = call.forward.problem.dim;
  const Matrix<U>& pairs = worker.block.logit_gradient();
  const Matrix<U>& keys = worker.keys.keys();
  Matrix<U>& gradient = worker.queries_gradient;
  if constexpr (std::same_as<U, double>) {
    if (is_wide(call.range)) {
      const Matrix<double>& origins = worker.block.queries().origins();
      for (Index r = 0; r < count; ++r) {
        for (Index j = 0; j < worker.keys.count(); ++j) {
          add_difference(pairs(r, j), keys.row(j), origins.row(r), dim, gradient.row(r));
        }
      }
      return;
    }
  }
  simd::kernels<U>().contract(pairs.data(), pairs.cols(), count, worker.keys.count(), keys.data(),
                              keys.cols(), dim, worker.part.data(), worker.part.cols());
  for (Index i = 0; i < count * gradient.cols(); ++i) gradient.data()[i] += worker.part.data()[i];
}

/// Adds what logits lack, see `ExactQueries::log_constant`: it has no gradient where a row's own
/// normaliser divides, since gradients of its logits then add up to zero.
template <Scalar T, Scalar U>
void add_constants(const ExactGradientCall<T, U>& call, Index count,
                   const std::array<U, simd::kBlockRows>& logit_sums,
                   ExactGradientWorker<T, U>& worker) {
  const bool shift_invariant = call.forward.kernel.shift_invariant();
  if (is_wide(call.range) == shift_invariant) return;
  for (Index r = 0; r < count; ++r) {
    const U sum = logit_sums[static_cast<std::size_t>(r)];
    U* const gradient = worker.queries_gradient.row(r);
    for (Index c = 0; c < call.forward.problem.dim; ++c) {
      if constexpr (std::same_as<U, double>) {
        if (!shift_invariant) {
          gradient[c] += sum * worker.block.queries().origins()(r, c);
          continue;
        }
      }
      gradient[c] -= sum * std::numbers::ln2_v<U> * worker.block.queries().queries()(r, c);
    }
  }
}

/// What `add_keys` does, for keys, from a block of queries.
template <Scalar T, Scalar U>
void add_queries(const ExactGradientCall<T, U>& call, Index rows,
                 ExactGradientWorker<T, U>& worker) {
  const Index dim = call.forward.problem.dim;
  const Index count = worker.keys.count();
  const Matrix<U>& pairs = worker.block.logit_gradient();
  const Matrix<U>& queries = worker.block.queries().queries();
  Matrix<U>& gradient = worker.keys_gradient;
  if (is_wide(call.range)) {
    const std::vector<U> zeros(static_cast<std::size_t>(dim));
    const bool differences = call.forward.kernel.shift_invariant();
    for (Index r = 0; r < rows; ++r) {
      for (Index j = 0; j < count; ++j) {
        const U* const from = differences ? worker.keys.keys().row(j) : zeros.data();
        add_difference(pairs(r, j), queries.row(r), from, dim, gradient.row(j));
      }
    }
    return;
  }
  const auto& engine = simd::kernels<U>();
  engine.accumulate(pairs.data(), pairs.cols(), rows, count, queries.data(), queries.cols(), dim,
                    nullptr, gradient.data(), gradient.cols());
  engine.column_sums(pairs.data(), pairs.cols(), rows, count, nullptr, worker.column.data());
  for (Index j = 0; j < count; ++j) worker.logit_sums(0, j) += worker.column(0, j);
}

/// Normalisers and query gradients of a block of queries.
template <Scalar T, Scalar U>
void query_pass(const ExactGradientCall<T, U>& call, const AttentionSequence& sequence, Index head,
                Index first, ExactGradientWorker<T, U>& worker) {
  const AttentionProblem& problem = call.forward.problem;
  const Index count = std::min(simd::kBlockRows, sequence.num_queries - first);
  worker.block.load(sequence, head, first, count);
  const Index begin = worker.block.queries().begin() / kExactKeys * kExactKeys;
  const Index end = worker.block.queries().end();
  const auto load = [&](Index k) {
    worker.keys.load(sequence, head / problem.heads_per_key_head, k,
                     std::min(kExactKeys, sequence.num_keys - k));
  };
  for (Index k = begin; k < end && !call.totals; k += kExactKeys) {
    load(k);
    worker.block.normalise(worker.keys);
  }
  if (!wanted(call.gradients.queries)) return;
  Matrix<U>& gradient = worker.queries_gradient;
  std::fill_n(gradient.data(), gradient.size(), U{0});
  std::array<U, simd::kBlockRows> logit_sums{};
  for (Index k = begin; k < end; k += kExactKeys) {
    load(k);
    worker.pack_values();
    if (!worker.block.compute(worker.keys, worker.values)) continue;
    add_keys(call, count, worker);
    for (Index r = 0; r < count && call.totals; ++r) {
      const U* const row = worker.block.logit_gradient().row(r);
      logit_sums[static_cast<std::size_t>(r)] +=
          std::accumulate(row, row + worker.keys.count(), U{0});
    }
  }
  if (call.totals) add_constants(call, count, logit_sums, worker);
  const MatrixView<T> rows = worker.rows.view().middle_rows(0, count);
  call.forward.kernel.template transform_gradient<T, U>(call.range, gradient, rows);
  add_rows<T>(rows, query_rows(call.gradients.queries, sequence, head, first, count));
}

/// Adds the gradients of a tile of keys, with what is common to its pairs, and of its values.
template <Scalar T, Scalar U>
void finish_keys(const ExactGradientCall<T, U>& call, const AttentionSequence& sequence,
                 Index key_head, Index first, ExactGradientWorker<T, U>& worker) {
  const auto to_rows = [&](const TensorView<T, 4>& gradient, const auto& from) {
    const auto to = head_rows(gradient, sequence.batch, key_head);
    for (Index j = 0; j < worker.keys.count(); ++j) {
      const Index row = sequence.first_key + sequence.position(first + j);
      for (Index c = 0; c < to.cols; ++c) to(row, c) += static_cast<T>(from(j, c));
    }
  };
  for (Index j = 0; j < worker.keys.count() && wanted(call.gradients.gates); ++j) {
    gate_at(call.gradients.gates, sequence.batch, key_head,
            sequence.first_key + sequence.position(first + j)) +=
        worker.factor_sums[static_cast<std::size_t>(j)];
  }
  if (wanted(call.gradients.values)) to_rows(call.gradients.values, worker.values_gradient);
  if (!wanted(call.gradients.keys)) return;
  const Index dim = call.forward.problem.dim;
  Matrix<U>& dk = worker.keys_gradient;
  if (!is_wide(call.range)) {
    // Queries came with log2(e) in them; a key's own term is key_weight |k|^2 in base 2.
    const U unit = static_cast<U>(std::numbers::ln2);
    const U own = static_cast<U>(2.0 * std::numbers::ln2 * call.forward.kernel.key_weight());
    for (Index j = 0; j < worker.keys.count(); ++j) {
      const U sum = worker.logit_sums(0, j);
      for (Index c = 0; c < dim; ++c) {
        dk(j, c) = unit * dk(j, c) + own * sum * worker.keys.keys()(j, c);
      }
    }
  }
  call.forward.kernel.template transform_gradient<T, U>(
      call.range, dk, worker.rows.view().middle_rows(0, worker.keys.count()));
  to_rows(call.gradients.keys, worker.rows);
}

/// Gradients of a tile of keys and values.
template <Scalar T, Scalar U>
void key_pass(const ExactGradientCall<T, U>& call, const KeyTile& tile,
              ExactGradientWorker<T, U>& worker) {
  const AttentionProblem& problem = call.forward.problem;
  const auto& engine = simd::kernels<U>();
  const auto [number, key_head, first, count] = tile;
  const AttentionSequence& sequence = problem.sequences[static_cast<std::size_t>(number)];
  worker.keys.load(sequence, key_head, first, count);
  worker.pack_values();
  Matrix<U>& dk = worker.keys_gradient;
  Matrix<U>& dv = worker.values_gradient;
  std::fill_n(dk.data(), dk.size(), U{0});
  std::fill_n(dv.data(), dv.size(), U{0});
  std::fill_n(worker.logit_sums.data(), kExactKeys, U{0});
  std::fill(worker.factor_sums.begin(), worker.factor_sums.end(), 0.0);
  const auto add_block = [&](Index head, Index i) {
    const Index rows = std::min(simd::kBlockRows, sequence.num_queries - i);
    if (sequence.visible_end(i + rows - 1) <= tile.first) return;
    worker.block.load(sequence, head, i, rows);
    if (!worker.block.compute(worker.keys, worker.values)) return;
    const Matrix<U>& weights = worker.block.weights();
    const Matrix<U>& gradient = worker.block.out_gradient();
    if (wanted(call.gradients.values)) {
      engine.accumulate(weights.data(), weights.cols(), rows, tile.count, gradient.data(),
                        gradient.cols(), problem.value_dim, nullptr, dv.data(), dv.cols());
    }
    if (wanted(call.gradients.keys)) add_queries(call, rows, worker);
    if (wanted(call.gradients.gates)) worker.block.add_to(worker.factor_sums);
  };
  for_each_head_about(problem, sequence, key_head, [&](Index head) {
    for (Index i = 0; i < sequence.num_queries; i += simd::kBlockRows) {
      if (sequence.first_visible(i) >= tile.first + tile.count) break;
      add_block(head, i);
    }
  });
  finish_keys(call, sequence, key_head, first, worker);
}

/// All gradients of the groups of one range.
template <Scalar T, Scalar U>
void gradient_pass(const ExactCall<T>& forward, ExactRange range,
                   const std::vector<ExactRange>& ranges, const ExactSlopes<T>& slopes,
                   const std::vector<KeyTiles>& tiles, const Execution& execution) {
  const auto& [out, out_gradient, gradients, totals] = slopes;
  const AttentionProblem& problem = forward.problem;
  struct Task {
    const AttentionSequence* sequence;
    Index head;
    Index first;
  };
  std::vector<Task> query_tasks;
  for (std::size_t g = 0; g < ranges.size(); ++g) {
    if (ranges[g] != range) continue;
    const auto [of_group, key_head] = forward.place(static_cast<Index>(g));
    const AttentionSequence& sequence = *of_group;
    if (!is_about(problem, sequence, key_head)) continue;
    for_each_head_about(problem, sequence, key_head, [&](Index head) {
      for (Index i = 0; i < sequence.num_queries; i += simd::kBlockRows) {
        query_tasks.push_back({&sequence, head, i});
      }
    });
  }
  if (query_tasks.empty()) return;
  Normalisers<U> normalisers{{}, {}, {problem.heads, out.extent(2)}};
  const std::size_t rows = totals ? 0 : normalisers.index(out.extent(0), 0, 0);
  normalisers.sum.assign(rows, U{0});
  normalisers.exponent.assign(rows, -std::numeric_limits<U>::infinity());
  const ExactGradientCall<T, U> call{forward,   range,       out,   out_gradient,
                                     gradients, normalisers, totals};
  const Index most = static_cast<Index>(std::max(query_tasks.size(), tiles.size()));
  std::vector<std::unique_ptr<ExactGradientWorker<T, U>>> workers;
  for (int w = 0; w < worker_count(most, execution); ++w) {
    workers.push_back(std::make_unique<ExactGradientWorker<T, U>>(call));
  }
  parallel_for_blocks(static_cast<Index>(query_tasks.size()), execution, [&](Index t, int w) {
    const auto& [sequence, head, first] = query_tasks[static_cast<std::size_t>(t)];
    query_pass(call, *sequence, head, first, *workers[static_cast<std::size_t>(w)]);
  });
  if (!wanted(gradients.keys) && !wanted(gradients.values) && !wanted(gradients.gates)) return;
  parallel_for_blocks(static_cast<Index>(tiles.size()), execution, [&](Index t, int w) {
    for (const KeyTile& tile : tiles[static_cast<std::size_t>(t)]) {
      if (ranges[forward.group_number(tile.sequence, tile.key_head)] != range) continue;
      key_pass(call, tile, *workers[static_cast<std::size_t>(w)]);
    }
  });
}

}  // namespace

template <Scalar T>
void exact_gradient(const ExactCall<T>& call, const ExactSlopes<T>& slopes,
                    const std::vector<KeyTiles>& tiles, const Execution& execution) {
  const AttentionProblem& problem = call.problem;
  std::vector<ExactRange> ranges(call.groups.size(), ExactRange::ordinary);
  parallel_for_blocks(static_cast<Index>(ranges.size()), execution, [&](Index g, int) {
    const auto [sequence, key_head] = call.place(g);
    if (!is_about(problem, *sequence, key_head)) return;
    ranges[static_cast<std::size_t>(g)] =
        gradient_range(call, slopes.out_gradient, *sequence, key_head);
  });
  gradient_pass<T, T>(call, ExactRange::ordinary, ranges, slopes, tiles, execution);
  gradient_pass<T, double>(call, ExactRange::wide, ranges, slopes, tiles, execution);
}

template void exact_gradient<float>(const ExactCall<float>&, const ExactSlopes<float>&,
                                    const std::vector<KeyTiles>&, const Execution&);
template void exact_gradient<double>(const ExactCall<double>&, const ExactSlopes<double>&,
                                     const std::vector<KeyTiles>&, const Execution&);

}  // namespace bochner::attention_internals

namespace bochner {

using namespace attention_internals;

template <Scalar T>
void exact_attention_gradient(const Kernel& kernel, const AttentionInputs<T>& inputs,
                              TensorView<const T, 4> out, TensorView<const T, 4> out_gradient,
                              const AttentionGradients<T>& gradients,
                              const AttentionOptions& options, TensorView<const T, 4> bias,
                              const Execution& execution) {
  constexpr Door kDoor("exact_attention_gradient");
  const ExactCall<T> call = exact_call<T>(kDoor, kernel, inputs, options, bias, execution);
  const AttentionProblem& problem = call.problem;
  require_gradients(kDoor, inputs, out, out_gradient, gradients, options);
  require_apart_from_bias(kDoor, "gradients.queries", gradients.queries, bias);
  require_apart_from_bias(kDoor, "gradients.keys", gradients.keys, bias);
  require_apart_from_bias(kDoor, "gradients.values", gradients.values, bias);
  clear_gradients(gradients);
  if (problem.value_dim == 0) return;
  exact_gradient<T>(call, {out, out_gradient, gradients, nullptr}, separate_tiles(problem),
                    execution);
  if (wanted(gradients.gates)) factor_to_gate_gradients(problem, options.gates, gradients.gates);
}

template void exact_attention_gradient<float>(const Kernel&, const AttentionInputs<float>&,
                                              TensorView<const float, 4>,
                                              TensorView<const float, 4>,
                                              const AttentionGradients<float>&,
                                              const AttentionOptions&, TensorView<const float, 4>,
                                              const Execution&);
template void exact_attention_gradient<double>(const Kernel&, const AttentionInputs<double>&,
                                               TensorView<const double, 4>,
                                               TensorView<const double, 4>,
                                               const AttentionGradients<double>&,
                                               const AttentionOptions&, TensorView<const double, 4>,
                                               const Execution&);

}  // namespace bochner
