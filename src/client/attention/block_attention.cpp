// SPDX-License-Identifier: Apache-2.0
#include "client/attention/block_attention.hpp"

#include "client/attention/block_choice.hpp"
#include "client/attention/exact_forward.hpp"
#include "client/attention/gathered_rows.hpp"
#include "client/attention/key_subsets.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace bochner::attention_internals {
namespace {

/// One key head of a sequence, its keys in blocks. In the order given, passes read the rows where
/// they are; with bisection, copies in the order of the blocks.
template <Scalar T>
class BlockGroup {
 public:
  BlockGroup(const AttentionCall<T>& call, const AttentionOptions& options,
             const AttentionSequence& sequence, Index key_head)
      : call_(call),
        options_(options),
        sequence_(sequence),
        key_head_(key_head),
        bisected_(options.exact.blocks.order == BlockOrder::bisection),
        keys_(live_rows_of(call.inputs.keys)),
        exact_(whole_head()),
        origin_(mean_key()),
        key_rows_(transformed(keys_.view())),
        blocks_(cut(spread_keys(), options.exact.blocks.key_rows)),
        means_(exact_.kernel, key_rows_.view(), blocks_),
        always_(always_exact(sequence, head_rows(call.inputs.keys, sequence.batch, key_head),
                             options.exact)),
        inputs_(call.inputs) {
    const Matrix<T> values = live_rows_of(call.inputs.values);
    if (options.rest == Rest::means) average(values);
    if (bisected_) {
      const auto at = [&](Index r) { return blocks_.row(r); };
      keys_ = gathered<T>(keys_.view(), keys_.rows(), at);
      values_ = gathered<T>(values.view(), values.rows(), at);
      inputs_.keys = of_all_heads(keys_);
      inputs_.values = of_all_heads(values_);
    }
    if (options.rest == Rest::features) sum_features();
  }

  /// All passes of one query head.
  void attend(Index head, RowSums<T>& sums) {
    const auto mine = head_rows(call_.inputs.queries, sequence_.batch, head)
                          .middle_rows(sequence_.first_query, sequence_.num_queries);
    require_ranges(head);
    const Matrix<double> rows = transformed(mine);
    const BlocksOfRows queries = cut(bisected_ && !exact_.kernel.shift_invariant()
                                         ? in_metric_of({key_rows_.view()}, rows.view())
                                         : rows,
                                     options_.exact.blocks.query_rows);
    const HeadBlocks blocks{sequence_, options_, queries, blocks_, means_, always_};
    const std::vector<BlockChoice> choices = choose_blocks(blocks, rows.view(), call_.execution);
    std::vector<Index> places(queries.order);
    for (Index& p : places) p += sequence_.first_query;
    Matrix<T> copy;
    if (bisected_) {
      copy = gathered<T>(mine, mine.rows, [&](Index r) { return queries.row(r); });
      inputs_.queries = of_all_heads(copy);
    }
    const RowTarget<T> target = bisected_ ? RowTarget<T>(sums, std::span<const Index>(places))
                                          : RowTarget<T>(sums, RowOrder::forward);
    weigh_exactly(head, queries, choices, target);
    if (options_.rest == Rest::features) weigh_features(head, queries, choices, target);
    if (options_.rest == Rest::means) {
      weigh_means(head, queries, choices, rows, RowTarget<T>(sums, std::span<const Index>(places)));
    }
  }

 private:
  struct Worker {
    explicit Worker(const AttentionCall<T>& call)
        : loader(call),
          scratch(call.map, call.problem.value_dim),
          keys(call.map, call.problem.value_dim),
          queries(call.map, call.problem.value_dim, call.products) {}
    KeyLoader<T> loader;
    KeyScratch<T> scratch;
    KeyBlock<T> keys;
    QueryBlock<T> queries;
    AttentionReport report;
  };

  Matrix<T> live_rows_of(const TensorView<const T, 4>& tensor) const {
    return gathered<T>(head_rows(tensor, sequence_.batch, key_head_), sequence_.num_keys,
                       [&](Index k) { return sequence_.first_key + sequence_.position(k); });
  }

  TensorView<const T, 4> of_all_heads(const Matrix<T>& rows) const {
    const auto& q = call_.inputs.queries;
    return for_all_heads<T>(rows.view(), q.extent(0), q.extent(1));
  }

  /// The sequence with this key head alone.
  ExactCall<T> whole_head() const {
    AttentionProblem problem = call_.problem;
    problem.sequences = {sequence_};
    problem.sequences.front().first_head = key_head_ * problem.heads_per_key_head;
    problem.sequences.front().num_heads = problem.heads_per_key_head;
    return exact_pass<T>(call_.door, call_.map.spec().kernel, call_.inputs, options_, {},
                         std::move(problem), call_.execution);
  }

  /// Of the finite keys, for kernels that do not see shifts.
  std::vector<double> mean_key() const {
    std::vector<double> mean(static_cast<std::size_t>(keys_.cols()));
    double count = 0.0;
    for (Index k = 0; k < keys_.rows() && exact_.kernel.shift_invariant(); ++k) {
      const T* const row = keys_.row(k);
      if (!std::all_of(row, row + keys_.cols(), [](T x) { return std::isfinite(x); })) continue;
      count += 1.0;
      for (std::size_t c = 0; c < mean.size(); ++c) {
        mean[c] += (static_cast<double>(row[c]) - mean[c]) / count;
      }
    }
    return mean;
  }

  Matrix<double> transformed(const MatrixView<const T>& rows) const {
    Matrix<double> out(rows.rows, rows.cols);
    // The key's side: without the factor log2(e).
    exact_.kernel.template transform<T, double>(Side::key, origin_.data(), rows, out);
    return out;
  }

  /// Keys as bisection sees them: for kernels of products, by how far these vary over queries.
  Matrix<double> spread_keys() const {
    if (!bisected_ || exact_.kernel.shift_invariant()) return key_rows_;
    std::vector<Matrix<double>> queries;
    std::vector<MatrixView<const double>> views;
    for (Index h = 0; h < call_.problem.heads_per_key_head; ++h) {
      const Index head = key_head_ * call_.problem.heads_per_key_head + h;
      queries.push_back(
          transformed(head_rows(call_.inputs.queries, sequence_.batch, head)
                          .middle_rows(sequence_.first_query, sequence_.num_queries)));
      views.push_back(std::as_const(queries.back()).view());
    }
    return in_metric_of(views, key_rows_.view());
  }

  BlocksOfRows cut(const Matrix<double>& rows, Index rows_per_block) const {
    return bisected_ ? bisected_blocks(rows.view(), rows_per_block)
                     : given_blocks(rows.rows(), rows_per_block);
  }

  /// Refuses queries whose products could overflow, by their places in the input.
  void require_ranges(Index head) const {
    std::array<ExactRange, simd::kBlockRows> ranges;
    for (Index i = 0; i < sequence_.num_queries; i += simd::kBlockRows) {
      const Index count = std::min(simd::kBlockRows, sequence_.num_queries - i);
      exact_ranges(exact_, exact_.problem.sequences.front(), head, i,
                   std::span(ranges.data(), static_cast<std::size_t>(count)));
    }
  }

  /// Block b of the queries as a sequence of the inputs of the passes; it has no keys yet.
  AttentionSequence query_block(Index head, const BlocksOfRows& queries, Index b) const {
    AttentionSequence out;
    out.batch = sequence_.batch;
    out.first_head = head;
    out.num_heads = 1;
    out.first_query = (bisected_ ? 0 : sequence_.first_query) + queries.first(b);
    out.num_queries = queries.end(b) - queries.first(b);
    return out;
  }

  /// All keys, as a sequence of the inputs of the passes.
  AttentionSequence all_keys() const {
    AttentionSequence out = sequence_;
    if (!bisected_) return out;
    out.first_key = 0;
    out.live.clear();
    return out;
  }

  AttentionProblem problem_of(Index dim) const {
    AttentionProblem problem = call_.problem;
    problem.dim = dim;
    problem.sequences.clear();
    return problem;
  }

  void weigh_exactly(Index head, const BlocksOfRows& queries,
                     const std::vector<BlockChoice>& choices, const RowTarget<T>& target) const {
    const ExactGroup& measured = exact_.group(exact_.problem.sequences.front(), key_head_);
    ExactCall<T> pass{
        call_.door, exact_.kernel, inputs_, options_, {}, problem_of(call_.problem.dim), {}};
    const AttentionSequence all = all_keys();
    for (Index b = 0; b < queries.count(); ++b) {
      AttentionSequence part = query_block(head, queries, b);
      part.first_key = all.first_key;
      if (all.until) part.until = *all.until + queries.first(b);
      std::vector<Index> live;
      for (const Index block : choices[static_cast<std::size_t>(b)].exact) {
        for (Index r = blocks_.first(block); r < blocks_.end(block); ++r) {
          part.live.push_back(all.position(r));
          live.push_back(blocks_.row(r));
        }
      }
      part.num_keys = static_cast<Index>(live.size());
      part = trimmed(std::move(part));
      live.resize(static_cast<std::size_t>(part.num_keys));
      add_part(pass, std::move(part), measured.pick(live));
    }
    exact_rows(pass, target, call_.execution);
  }

  void add_part(ExactCall<T>& pass, AttentionSequence part, ExactGroup group) const {
    if (part.num_keys == 0) return;
    const auto first = pass.groups.size();
    pass.groups.resize(first + static_cast<std::size_t>(pass.problem.key_heads));
    pass.groups[first + static_cast<std::size_t>(key_head_)] = std::move(group);
    pass.problem.sequences.push_back(std::move(part));
  }

  /// Blocks as keys of their own: longer rows and mean values.
  void average(const Matrix<T>& values) {
    const Index count = blocks_.count();
    mean_keys_ = Matrix<T>(count, means_.rows().cols());
    mean_values_ = Matrix<T>(count, values.cols());
    constants_ = Matrix<T>(1, count);
    for (Index b = 0; b < count; ++b) {
      for (Index c = 0; c < mean_keys_.cols(); ++c) {
        mean_keys_(b, c) = static_cast<T>(means_.rows()(b, c));
      }
      constants_(0, b) = static_cast<T>(means_.constants()[static_cast<std::size_t>(b)]);
      const auto n = static_cast<double>(blocks_.end(b) - blocks_.first(b));
      for (Index c = 0; c < values.cols(); ++c) {
        double sum = 0.0;
        for (Index r = blocks_.first(b); r < blocks_.end(b); ++r) {
          sum += static_cast<double>(values(blocks_.row(r), c)) / n;
        }
        mean_values_(b, c) = static_cast<T>(sum);
      }
    }
  }

  void weigh_means(Index head, const BlocksOfRows& queries, const std::vector<BlockChoice>& choices,
                   const Matrix<double>& rows, const RowTarget<T>& target) const {
    Matrix<T> longer(rows.rows(), mean_keys_.cols());
    std::vector<double> row(static_cast<std::size_t>(longer.cols()));
    for (Index r = 0; r < rows.rows(); ++r) {
      means_.lengthen(rows.row(queries.row(r)), row.data());
      std::transform(row.begin(), row.end(), longer.row(r),
                     [](double x) { return static_cast<T>(x); });
    }
    const AttentionInputs<T> inputs{of_all_heads(longer), of_all_heads(mean_keys_),
                                    of_all_heads(mean_values_)};
    const TensorView<const T, 4> bias{
        constants_.data(),
        {inputs.queries.extent(0), inputs.queries.extent(1), longer.rows(), constants_.cols()},
        {0, 0, 0, 1}};
    AttentionProblem problem = problem_of(longer.cols());
    AttentionSequence all = query_block(head, queries, 0);
    all.first_query = 0;
    all.num_queries = rows.rows();
    all.num_keys = blocks_.count();
    problem.sequences = {all};
    ExactCall<T> pass = exact_pass<T>(call_.door, SoftmaxKernel{1.0}, inputs, options_, bias,
                                      std::move(problem), call_.execution);
    const ExactGroup measured = pass.group(pass.problem.sequences.front(), key_head_);
    pass.problem.sequences.clear();
    pass.groups.clear();
    for (Index b = 0; b < queries.count(); ++b) {
      AttentionSequence part = query_block(head, queries, b);
      part.first_query = queries.first(b);
      part.live = choices[static_cast<std::size_t>(b)].rest;
      part.num_keys = static_cast<Index>(part.live.size());
      ExactGroup group = measured.pick(part.live);
      add_part(pass, std::move(part), std::move(group));
    }
    exact_rows(pass, target, call_.execution);
  }

  AttentionCall<T> features_call(const AttentionProblem& problem) const {
    return {call_.door, call_.map, inputs_, problem, call_.execution, call_.products};
  }

  /// Block by block; the rows that would be refused are, by their places in the input.
  void sum_features() {
    if (bisected_) {
      const auto keys = head_rows(call_.inputs.keys, sequence_.batch, key_head_);
      for_each_live_run(sequence_, [&](Index first, Index count) {
        refuse_rows(call_.map, Side::key, keys.middle_rows(first, count),
                    {call_.door, "keys", sequence_.batch, key_head_, first});
      });
    }
    AttentionProblem problem = problem_of(call_.problem.dim);
    problem.sequences = {all_keys()};
    const AttentionCall<T> call = features_call(problem);
    const HeadGroup group{&problem.sequences.front(), key_head_};
    for (Index b = 0; b < blocks_.count(); ++b) {
      sums_.emplace_back(call_.map, call_.problem.value_dim, call_.products);
    }
    std::vector<std::unique_ptr<Worker>> workers = make_workers(call, blocks_.count());
    parallel_for_blocks(blocks_.count(), call_.execution, [&](Index b, int w) {
      Worker& worker = *workers[static_cast<std::size_t>(w)];
      const Index count = blocks_.end(b) - blocks_.first(b);
      worker.keys.clear();
      worker.loader.load(group, blocks_.first(b), count, worker.keys, worker.scratch);
      worker.keys.top_exponents(worker.scratch.reference);
      worker.keys.weigh(worker.scratch.reference);
      worker.keys.sum_mass();
      KeySums<T>& sums = sums_[static_cast<std::size_t>(b)];
      sums.reset(worker.keys.reference());
      sums.add(worker.keys);
    });
  }

  std::vector<std::unique_ptr<Worker>> make_workers(const AttentionCall<T>& call,
                                                    Index tasks) const {
    std::vector<std::unique_ptr<Worker>> workers;
    for (int w = 0; w < worker_count(tasks, call.execution); ++w) {
      workers.push_back(std::make_unique<Worker>(call));
    }
    return workers;
  }

  void weigh_features(Index head, const BlocksOfRows& queries,
                      const std::vector<BlockChoice>& choices, const RowTarget<T>& target) const {
    if (bisected_) {
      refuse_rows(call_.map, Side::query,
                  head_rows(call_.inputs.queries, sequence_.batch, head)
                      .middle_rows(sequence_.first_query, sequence_.num_queries),
                  {call_.door, "queries", sequence_.batch, head, sequence_.first_query});
    }
    const AttentionProblem problem = problem_of(call_.problem.dim);
    const AttentionCall<T> call = features_call(problem);
    std::vector<std::unique_ptr<Worker>> workers = make_workers(call, queries.count());
    parallel_for_blocks(queries.count(), call_.execution, [&](Index b, int w) {
      const std::vector<Index>& rest = choices[static_cast<std::size_t>(b)].rest;
      if (rest.empty()) return;
      Worker& worker = *workers[static_cast<std::size_t>(w)];
      PrefixState<T> state(call_.map.num_features(), call_.problem.value_dim);
      for (const Index block : rest) state.add(sums_[static_cast<std::size_t>(block)]);
      const AttentionSequence part = query_block(head, queries, b);
      const PrefixView<T> view = state.view();
      worker.queries.load(query_rows(inputs_.queries, part, head, 0, part.num_queries),
                          view.exponent, query_origin(call, part, head, 0, part.num_queries, {}));
      worker.queries.prepare(view);
      worker.queries.collect(view);
      target.take(worker.queries, part, head, 0, worker.report);
    });
  }

  const AttentionCall<T>& call_;
  const AttentionOptions& options_;
  const AttentionSequence& sequence_;
  Index key_head_;
  bool bisected_;
  Matrix<T> keys_;    ///< live ones; with bisection, in the end by block
  Matrix<T> values_;  ///< theirs, with bisection
  ExactCall<T> exact_;
  std::vector<double> origin_;
  Matrix<double> key_rows_;  ///< A(k - origin)
  BlocksOfRows blocks_;      ///< of the live keys
  BlockMeans means_;
  std::vector<Index> always_;  ///< positions
  AttentionInputs<T> inputs_;  ///< what passes read
  Matrix<T> mean_keys_;
  Matrix<T> mean_values_;
  Matrix<T> constants_;
  std::vector<KeySums<T>> sums_;  ///< by block of keys
};

}  // namespace

bool by_blocks(const AttentionOptions& options) {
  return options.exact.blocks.count > 0 || options.rest == Rest::means;
}

template <Scalar T>
void block_attention(const AttentionCall<T>& call, const AttentionOptions& options,
                     RowSums<T>& sums) {
  for (const HeadGroup& group : head_groups(call.problem)) {
    if (group.sequence->num_keys == 0) continue;
    BlockGroup<T> blocks(call, options, *group.sequence, group.key_head);
    for (Index h = 0; h < call.problem.heads_per_key_head; ++h) {
      blocks.attend(group.key_head * call.problem.heads_per_key_head + h, sums);
    }
  }
}

template void block_attention<float>(const AttentionCall<float>&, const AttentionOptions&,
                                     RowSums<float>&);
template void block_attention<double>(const AttentionCall<double>&, const AttentionOptions&,
                                      RowSums<double>&);

}  // namespace bochner::attention_internals
