// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/matrix.hpp"
#include "client/attention/call.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/exact.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>

namespace bochner {

using namespace attention_internals;

namespace {

/// A row and where it lies.
struct PlacedRow {
  const AttentionSequence* sequence;
  Index head;
  Index query;       ///< within the sequence
  Index output_row;  ///< of `out`
  Index end;         ///< the live keys first_visible .. end - 1 are seen, before other masks
};

template <Scalar T>
std::vector<PlacedRow> place_rows(const AttentionProblem& problem,
                                  std::span<const AttentionRow> rows, const MatrixView<T>& out) {
  std::vector<PlacedRow> placed;
  for (const AttentionRow& row : rows) {
    const AttentionSequence& sequence = sequence_with(problem, row.batch, row.head, row.query);
    const Index query = row.query - sequence.first_query;
    placed.push_back({&sequence, row.head, query, static_cast<Index>(placed.size()),
                      sequence.visible_end(query)});
  }
  clear_rows(out);
  return placed;
}

/// Where the weight of live key k belongs.
Index column(const AttentionSequence& sequence, Index k) {
  return sequence.first_key + sequence.position(k);
}

template <Scalar T>
void normalise(MatrixView<T> row) {
  double sum = 0.0;
  for (Index j = 0; j < row.cols; ++j) sum += static_cast<double>(row(0, j));
  if (sum == 0.0) return;
  for (Index j = 0; j < row.cols; ++j) {
    row(0, j) = static_cast<T>(static_cast<double>(row(0, j)) / sum);
  }
}

/// Rows, at most 64, that see the same keys.
struct RowGroup {
  std::size_t first;
  std::size_t count;
};

std::vector<RowGroup> group_rows(std::vector<PlacedRow>& rows, Index heads_per_key_head) {
  const auto keys_of = [&](const PlacedRow& row) {
    return std::tuple(row.sequence, row.head / heads_per_key_head, row.end);
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const PlacedRow& a, const PlacedRow& b) { return keys_of(a) < keys_of(b); });
  std::vector<RowGroup> groups;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const bool joins = !groups.empty() && groups.back().count < simd::kBlockRows &&
                       keys_of(rows[r]) == keys_of(rows[groups.back().first]);
    if (joins) {
      ++groups.back().count;
    } else {
      groups.push_back({r, 1});
    }
  }
  return groups;
}

/// Weights of a group of rows.
template <Scalar T>
class RowWorker {
 public:
  explicit RowWorker(const AttentionCall<T>& call)
      : call_(call),
        loader_(call),
        scratch_(call.map, 0),
        keys_(call.map, 0),
        packed_(call.map),
        queries_(call.map, 0),
        gathered_(simd::kBlockRows, call.problem.dim) {}

  void run(std::span<const PlacedRow> rows, MatrixView<T> out) {
    const PlacedRow& any = rows.front();
    if (any.end == 0) return;
    const HeadGroup group{any.sequence, any.head / call_.problem.heads_per_key_head};
    Exponents reference(static_cast<std::size_t>(call_.map.num_features()));
    for_each_block(group, any.end, [&](Index first) {
      keys_.top_exponents(scratch_.reference);
      if (first == 0) reference = scratch_.reference;
      raise_to(scratch_.reference, reference);
    });
    gather(rows);
    const auto count = static_cast<Index>(rows.size());
    queries_.load(std::as_const(gathered_).view().middle_rows(0, count), reference.data(),
                  {call_.door, "queries", any.sequence->batch, any.head,
                   any.sequence->first_query + any.query});
    const PrefixView<T> state{nullptr, 0, nullptr, reference.data()};
    for_each_block(group, any.end, [&](Index first) {
      keys_.weigh(reference);
      packed_.pack(keys_, state);
      std::array<std::int32_t, simd::kBlockRows> seen;
      seen.fill(static_cast<std::int32_t>(keys_.rows()));
      queries_.score(keys_, packed_, {seen.data(), rows.size()});
      for (Index r = 0; r < count; ++r) {
        for (Index k = 0; k < keys_.rows(); ++k) {
          out(rows[static_cast<std::size_t>(r)].output_row, column(*group.sequence, first + k)) =
              queries_.scores()(r, k) * keys_.unit()[static_cast<std::size_t>(k)];
        }
      }
    });
    for (const PlacedRow& row : rows) normalise(out.middle_rows(row.output_row, 1));
  }

 private:
  template <class Body>
  void for_each_block(const HeadGroup& group, Index end, const Body& body) {
    for (Index k = 0; k < end; k += simd::kBlockRows) {
      keys_.clear();
      loader_.load(group, k, std::min(simd::kBlockRows, end - k), keys_, scratch_);
      body(k);
    }
  }

  void gather(std::span<const PlacedRow> rows) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto from =
          query_rows(call_.inputs.queries, *rows[r].sequence, rows[r].head, rows[r].query, 1);
      copy_rows(from, gathered_, static_cast<Index>(r));
    }
  }

  const AttentionCall<T>& call_;
  KeyLoader<T> loader_;
  KeyScratch<T> scratch_;
  KeyBlock<T> keys_;
  PackedKeys<T> packed_;
  QueryBlock<T> queries_;
  Matrix<T> gathered_;
};

/// Base-2 logits into weights that add up to 1, the masked ones 0.
void weigh_logits(std::vector<double>& logits) {
  double top = -std::numeric_limits<double>::infinity();
  for (const double logit : logits) top = logit > top ? logit : top;  // a NaN takes no part
  const bool empty = top == -std::numeric_limits<double>::infinity();
  double sum = 0.0;
  for (double& logit : logits) {
    logit = empty && !std::isnan(logit) ? 0.0 : std::exp2(logit - top);
    sum += logit;
  }
  if (sum == 0.0) return;
  for (double& weight : logits) weight /= sum;
}

}  // namespace

template <Scalar T>
void attention_rows(const FeatureMap<T>& map, TensorView<const T, 4> queries,
                    TensorView<const T, 4> keys, std::span<const AttentionRow> rows,
                    MatrixView<T> out, const AttentionOptions& options,
                    const Execution& execution) {
  constexpr Door kDoor("attention_rows");
  const AttentionInputs<T> inputs{queries, keys, no_values(keys)};
  const AttentionProblem problem = linear_problem(kDoor, map.blocks(), inputs, options);
  require_features_only(kDoor, options);
  require_rows(kDoor, queries, keys, rows, out);
  std::vector<PlacedRow> placed = place_rows(problem, rows, out);
  if (placed.empty()) return;
  const AttentionCall<T> call{kDoor, map.blocks(), inputs, problem, execution};
  const std::vector<RowGroup> groups = group_rows(placed, problem.heads_per_key_head);
  const auto count = static_cast<Index>(groups.size());
  std::vector<RowWorker<T>> workers;
  for (int w = 0; w < worker_count(count, execution); ++w) workers.emplace_back(call);
  parallel_for_blocks(count, execution, [&](Index g, int w) {
    const auto& [first, size] = groups[static_cast<std::size_t>(g)];
    workers[static_cast<std::size_t>(w)].run(std::span(placed).subspan(first, size), out);
  });
}

template <Scalar T>
void exact_attention_rows(const Kernel& kernel, TensorView<const T, 4> queries,
                          TensorView<const T, 4> keys, std::span<const AttentionRow> rows,
                          MatrixView<T> out, const AttentionOptions& options,
                          const Execution& execution) {
  constexpr Door kDoor("exact_attention_rows");
  const AttentionInputs<T> inputs{queries, keys, no_values(keys)};
  const ExactCall<T> call = exact_call<T>(kDoor, kernel, inputs, options, {}, execution);
  require_rows(kDoor, queries, keys, rows, out);
  const std::vector<PlacedRow> placed = place_rows(call.problem, rows, out);
  const auto count = static_cast<Index>(placed.size());
  parallel_for_blocks(count, execution, [&](Index r, int) {
    const PlacedRow& row = placed[static_cast<std::size_t>(r)];
    ExactRange range = ExactRange::wide;
    exact_ranges(call, *row.sequence, row.head, row.query, std::span(&range, 1));  // may refuse
    ExactKeys<T, double> tile(call, ExactRange::wide);
    ExactQueries<T, double> query(call, ExactRange::wide);
    Matrix<double> logits(simd::kBlockRows, kExactKeys);
    std::vector<double> weights(static_cast<std::size_t>(out.cols),
                                -std::numeric_limits<double>::infinity());
    query.load(*row.sequence, row.head, row.query, 1);
    for (Index k = 0; k < row.end; k += kExactKeys) {
      tile.load(*row.sequence, row.head / call.problem.heads_per_key_head, k,
                std::min(kExactKeys, row.end - k));
      if (!query.score(tile, logits)) continue;
      for (Index j = 0; j < tile.count(); ++j) {
        weights[static_cast<std::size_t>(column(*row.sequence, k + j))] = logits(0, j);
      }
    }
    weigh_logits(weights);
    for (Index j = 0; j < out.cols; ++j) {
      out(row.output_row, j) = static_cast<T>(weights[static_cast<std::size_t>(j)]);
    }
  });
}

template void attention_rows<float>(const FeatureMap<float>&, TensorView<const float, 4>,
                                    TensorView<const float, 4>, std::span<const AttentionRow>,
                                    MatrixView<float>, const AttentionOptions&, const Execution&);
template void attention_rows<double>(const FeatureMap<double>&, TensorView<const double, 4>,
                                     TensorView<const double, 4>, std::span<const AttentionRow>,
                                     MatrixView<double>, const AttentionOptions&, const Execution&);
template void exact_attention_rows<float>(const Kernel&, TensorView<const float, 4>,
                                          TensorView<const float, 4>, std::span<const AttentionRow>,
                                          MatrixView<float>, const AttentionOptions&,
                                          const Execution&);
template void exact_attention_rows<double>(const Kernel&, TensorView<const double, 4>,
                                           TensorView<const double, 4>,
                                           std::span<const AttentionRow>, MatrixView<double>,
                                           const AttentionOptions&, const Execution&);

}  // namespace bochner
