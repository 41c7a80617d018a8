// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/attention/error.hpp"

#include "client/attention/call.hpp"
#include "client/attention/checks.hpp"
#include "client/attention/frequency_groups.hpp"
#include "client/attention/key_states.hpp"
#include "estimator/row_law.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <boost/math/distributions/students_t.hpp>

namespace bochner {

using namespace attention_internals;

namespace {

constexpr Door kErrorDoor("attention_with_error");

/// Fewer whole blocks leave too few degrees of freedom for a skewed ratio.
constexpr Index kLeastBlocks = 8;

/// Writes the errors of a row, or their norm where there is one column.
template <Scalar T>
void write_errors(std::span<const double> squared, MatrixView<T> row) {
  if (row.cols == static_cast<Index>(squared.size())) {
    for (Index c = 0; c < row.cols; ++c) {
      row(0, c) = static_cast<T>(std::sqrt(squared[static_cast<std::size_t>(c)]));
    }
    return;
  }
  double sum = 0.0;
  for (const double s : squared) sum += s;
  row(0, 0) = static_cast<T>(std::sqrt(sum));
}

// --- jackknife -----------------------------------------------------------------------------------

template <Scalar T>
struct JackknifeWorker {
  JackknifeWorker(const AttentionCall<T>& call, const std::vector<FrequencyGroup>& groups)
      : loader(call),
        scratch(call.map, call.problem.value_dim),
        queries(call.map, call.problem.value_dim),
        sums(call.map, call.problem.value_dim, groups),
        squared(static_cast<std::size_t>(call.problem.value_dim)) {}

  void write(MatrixView<T> rows) {
    for (Index r = 0; r < rows.rows; ++r) {
      sums.squared_errors(r, squared);
      write_errors<T>(squared, rows.middle_rows(r, 1));
    }
  }

  KeyLoader<T> loader;
  KeyScratch<T> scratch;
  QueryBlock<T> queries;
  GroupSums<T> sums;
  std::vector<double> squared;
};

template <Scalar T>
class Jackknife {
 public:
  Jackknife(const AttentionCall<T>& call, const std::vector<FrequencyGroup>& groups,
            const TensorView<T, 4>& out)
      : call_(call), out_(out) {
    for (Index w = 0; w < available_workers(call.execution); ++w) {
      workers_.push_back(std::make_unique<JackknifeWorker<T>>(call, groups));
    }
  }

  void run(Mask mask) {
    const std::vector<HeadGroup> groups = head_groups(call_.problem);
    if (mask == Mask::none) {
      bidirectional(groups);
      return;
    }
    parallel_for_blocks(static_cast<Index>(groups.size()), call_.execution, [&](Index g, int w) {
      causal(groups[static_cast<std::size_t>(g)], *workers_[static_cast<std::size_t>(w)]);
    });
  }

 private:
  void bidirectional(const std::vector<HeadGroup>& groups) {
    KeyStates<T> states(call_);
    for_each_batch(groups, states.capacity(), [&](const std::vector<HeadGroup>& batch) {
      states.compute(batch);
      const std::vector<QueryTask> tasks = query_tasks(call_.problem, batch);
      parallel_for_blocks(static_cast<Index>(tasks.size()), call_.execution, [&](Index t, int w) {
        const auto& [group, head, first] = tasks[static_cast<std::size_t>(t)];
        const AttentionSequence& sequence = *batch[static_cast<std::size_t>(group)].sequence;
        const Index count = std::min(simd::kBlockRows, sequence.num_queries - first);
        const MatrixView<T> rows = query_rows(out_, sequence, head, first, count);
        if (sequence.num_keys == 0) {
          clear_rows(rows);
          return;
        }
        JackknifeWorker<T>& worker = *workers_[static_cast<std::size_t>(w)];
        const PrefixView<T> state = states[group].view();
        load(worker, sequence, head, first, count, state);
        worker.sums.collect(worker.queries, state);
        worker.write(rows);
      });
    });
  }

  void causal(const HeadGroup& group, JackknifeWorker<T>& worker) const {
    const AttentionSequence& sequence = *group.sequence;
    for_each_head(group, [&](Index head) {
      const Index before =
          sequence.num_keys == 0 ? sequence.num_queries : first_query_seeing(sequence, 0);
      clear_rows(query_rows(out_, sequence, head, 0, before));
    });
    KeyStream<T> stream(call_.map, call_.problem.value_dim);
    for (Index k = 0; k < sequence.num_keys;) {
      const Index rest = std::min(simd::kBlockRows, sequence.num_keys - k);
      const Index piece = worker.loader.extend(group, k, rest, stream, worker.scratch);
      attend(group, k, k + piece, stream, worker);
      k += piece;
    }
  }

  /// The queries whose last visible key is one of begin .. end - 1.
  void attend(const HeadGroup& group, Index begin, Index end, const KeyStream<T>& stream,
              JackknifeWorker<T>& worker) const {
    const AttentionSequence& sequence = *group.sequence;
    const Index open = end - stream.open().rows();
    const PrefixView<T> state = stream.state().view();
    const Index first = first_query_seeing(sequence, begin);
    const Index last =
        end == sequence.num_keys ? sequence.num_queries : first_query_seeing(sequence, end);
    for_each_query_block(call_.problem, group, first, last, [&](Index head, Index i, Index count) {
      const auto seen = seen_from(sequence, i, count, open);
      load(worker, sequence, head, i, count, state);
      worker.sums.collect(worker.queries, state);
      worker.sums.collect(worker.queries, stream.open(), state,
                          {seen.data(), static_cast<std::size_t>(count)});
      worker.write(query_rows(out_, sequence, head, i, count));
    });
  }

  void load(JackknifeWorker<T>& worker, const AttentionSequence& sequence, Index head, Index first,
            Index count, const PrefixView<T>& state) const {
    worker.queries.load(
        query_rows(call_.inputs.queries, sequence, head, first, count), state.exponent,
        {call_.door, "queries", sequence.batch, head, sequence.first_query + first});
  }

  template <class Body>
  void for_each_head(const HeadGroup& group, const Body& body) const {
    for (Index h = 0; h < call_.problem.heads_per_key_head; ++h) {
      body(group.key_head * call_.problem.heads_per_key_head + h);
    }
  }

  const AttentionCall<T>& call_;
  const TensorView<T, 4>& out_;
  std::vector<std::unique_ptr<JackknifeWorker<T>>> workers_;
};

// --- redraws -------------------------------------------------------------------------------------

/// Means and sums of squares of one number after another [Welford62].
class RunningVariance {
 public:
  explicit RunningVariance(std::size_t entries) : mean_(entries), squares_(entries) {}

  template <Scalar T>
  void add(const std::vector<T>& sample) {
    ++count_;
    for (std::size_t i = 0; i < sample.size(); ++i) {
      const double deviation = static_cast<double>(sample[i]) - mean_[i];
      mean_[i] += deviation / count_;
      squares_[i] += deviation * (static_cast<double>(sample[i]) - mean_[i]);
    }
  }
  /// The sample variances; once.
  std::vector<double> variances() && {
    for (double& s : squares_) s /= count_ - 1.0;
    return std::move(squares_);
  }

 private:
  double count_ = 0.0;
  std::vector<double> mean_;
  std::vector<double> squares_;
};

template <Scalar T>
void spread_of_redraws(FeatureMapSpec spec, int redraws, const AttentionInputs<T>& inputs,
                       const TensorView<T, 4>& standard_error, const AttentionOptions& options,
                       const Execution& execution) {
  const auto& q = inputs.queries;
  const Index value_dim = inputs.values.extent(3);
  const std::array<Index, 4> extents{q.extent(0), q.extent(1), q.extent(2), value_dim};
  std::vector<T> sample(
      static_cast<std::size_t>(extents[0] * extents[1] * extents[2] * extents[3]));
  RunningVariance spread(sample.size());
  for (int r = 0; r < redraws; ++r) {
    ++spec.seed.value;
    attention<T>(FeatureMap<T>(spec), inputs, TensorView<T, 4>(sample.data(), extents), options,
                 execution);
    spread.add(sample);
  }
  const std::vector<double> variances = std::move(spread).variances();
  const auto columns = static_cast<std::size_t>(value_dim);
  std::size_t row = 0;
  for (Index b = 0; b < extents[0]; ++b) {
    for (Index h = 0; h < extents[1]; ++h) {
      const MatrixView<T> rows = head_rows(standard_error, b, h);
      for (Index i = 0; i < extents[2]; ++i, ++row) {
        write_errors<T>(std::span(variances).subspan(row * columns, columns),
                        rows.middle_rows(i, 1));
      }
    }
  }
}

}  // namespace

double AttentionErrorReport::factor(double level) const {
  Door("AttentionErrorReport::factor").fraction("level", level);
  return boost::math::quantile(
      boost::math::complement(boost::math::students_t(degrees_of_freedom), 0.5 * (1.0 - level)));
}

template <Scalar T>
AttentionErrorReport attention_with_error(const FeatureMap<T>& map,
                                          const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                                          TensorView<T, 4> standard_error,
                                          const AttentionOptions& options,
                                          const AttentionErrorOptions& error_options,
                                          const Execution& execution) {
  const AttentionProblem problem = linear_problem(kErrorDoor, map.blocks(), inputs, options);
  require_features_only(kErrorDoor, options);
  require_errors(kErrorDoor, inputs, out, standard_error);
  kErrorDoor.at_least("redraws", error_options.redraws, 2);
  AttentionErrorReport report;
  report.attention = attention<T>(map, inputs, out, options, execution);
  const FeatureMapSpec& spec = map.spec();
  const BlockLaw block = estimator::block_law(spec);
  const Index block_size = block.size;
  if (spec.num_frequencies / block_size < kLeastBlocks) {
    if (!block.redraws) {
      kErrorDoor.refuse("num_frequencies", std::to_string(spec.num_frequencies),
                        "at least " + std::to_string(kLeastBlocks) +
                            ": frequencies that are given cannot be drawn again");
    }
    report.source = AttentionErrorSource::redraws;
    report.groups = error_options.redraws;
    report.degrees_of_freedom = error_options.redraws - 1.0;
    spread_of_redraws(spec, error_options.redraws, inputs, standard_error, options, execution);
    return report;
  }
  const std::vector<FrequencyGroup> groups =
      estimator::frequency_groups(spec.num_frequencies, block_size);
  report.groups = static_cast<Index>(groups.size());
  report.degrees_of_freedom =
      static_cast<double>(spec.num_frequencies) / static_cast<double>(groups.front().count) - 1.0;
  if (problem.value_dim == 0) return report;
  const AttentionCall<T> call{kErrorDoor, map.blocks(), inputs, problem, execution};
  Jackknife<T>(call, groups, standard_error).run(options.mask);
  return report;
}

template AttentionErrorReport attention_with_error<float>(
    const FeatureMap<float>&, const AttentionInputs<float>&, TensorView<float, 4>,
    TensorView<float, 4>, const AttentionOptions&, const AttentionErrorOptions&, const Execution&);
template AttentionErrorReport attention_with_error<double>(
    const FeatureMap<double>&, const AttentionInputs<double>&, TensorView<double, 4>,
    TensorView<double, 4>, const AttentionOptions&, const AttentionErrorOptions&, const Execution&);

}  // namespace bochner
