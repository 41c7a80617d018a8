// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_forward.hpp"

#include "bochner/client/attention/exact.hpp"
#include "client/attention/checks.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

namespace bochner::attention_internals {

template <Scalar T, Scalar U>
OnlineSoftmax<T, U>::OnlineSoftmax(Index value_dim)
    : value_dim_(value_dim),
      numerator_(simd::kBlockRows, simd::padded<U>(value_dim)),
      part_(simd::kBlockRows, simd::padded<U>(value_dim)) {}

template <Scalar T, Scalar U>
void OnlineSoftmax<T, U>::start() {
  std::fill_n(numerator_.data(), numerator_.size(), U{0});
  sum_.fill(U{0});
  exponent_.fill(-std::numeric_limits<U>::infinity());
}

template <Scalar T, Scalar U>
void OnlineSoftmax<T, U>::add(const ExactQueries<T, U>& queries, const ExactKeys<T, U>& keys,
                              Matrix<U>& logits) {
  const auto& engine = simd::kernels<U>();
  const Index rows = queries.count();
  const Index skipped = queries.skipped();
  auto seen = queries.seen();
  for (std::int32_t& count : seen) count = std::max(count - static_cast<std::int32_t>(skipped), 0);
  U* const weights = logits.data() + skipped;
  engine.softmax_rows(weights, logits.cols(), rows, seen.data(), exponent_.data(), rescale_.data(),
                      sum_.data());
  const U* const values = keys.values().row(skipped);
  const Index value_stride = keys.values().cols();
  if (seen.front() == keys.count() - skipped) {  // then all rows see all keys
    engine.contract(weights, logits.cols(), rows, keys.count() - skipped, values, value_stride,
                    value_dim_, part_.data(), part_.cols());
  } else {
    engine.contract_prefixes(weights, logits.cols(), rows, seen.data(), values, value_stride,
                             value_dim_, part_.data(), part_.cols());
  }
  for (Index r = 0; r < rows; ++r) {
    const auto i = static_cast<std::size_t>(r);
    U* const sum = numerator_.row(r);
    const U* const part = part_.row(r);
    for (Index c = 0; c < value_dim_; ++c) sum[c] = rescale_[i] * sum[c] + part[c];
    for (const Index key : keys.poisoned()) {  // a weight of zero hides even a NaN
      if (key < skipped || key - skipped >= seen[i] || logits(r, key) == U{0}) continue;
      for (Index c = 0; c < value_dim_; ++c) {
        const U value = keys.value(key, c);
        if (!std::isfinite(value)) sum[c] += logits(r, key) * value;
      }
    }
  }
}

template <Scalar T, Scalar U>
void OnlineSoftmax<T, U>::finish(Index row, double scale, MatrixView<T> out,
                                 AttentionReport& report) const {
  bool finite = true;
  constexpr U kMost = static_cast<U>(std::numeric_limits<T>::max());
  const U sum = sum_[static_cast<std::size_t>(row)];
  const U inverse = sum == U{0} ? U{0} : U{1} / sum;
  const U* const numerator = numerator_.row(row);
  for (Index c = 0; c < value_dim_; ++c) {
    U mean = numerator[c] * inverse;
    if (scale != 1.0) {  // by rounding only could a mean of finite values leave their range
      const bool was_finite = std::isfinite(mean);
      mean /= static_cast<U>(scale);
      if (was_finite) mean = std::clamp(mean, -kMost, kMost);
    }
    finite = finite && std::isfinite(mean);
    out(row, c) = static_cast<T>(mean);
  }
  if (sum == U{0}) ++report.empty_rows;
  if (!finite) ++report.nonfinite_rows;
}

template <Scalar T, Scalar U>
void OnlineSoftmax<T, U>::add_to(const RowTarget<T>& target, const AttentionSequence& sequence,
                                 Index head, Index query, Index row, double scale,
                                 double constant) {
  const auto i = static_cast<std::size_t>(row);
  if (sum_[i] == U{0}) return;
  U* const numerator = numerator_.row(row);
  for (Index c = 0; scale != 1.0 && c < value_dim_; ++c) numerator[c] /= static_cast<U>(scale);
  const double exponent = static_cast<double>(exponent_[i]);
  target.take_row(sequence, head, query, numerator, sum_[i], exponent + constant);
}

template class OnlineSoftmax<float, float>;
template class OnlineSoftmax<float, double>;
template class OnlineSoftmax<double, double>;

namespace {

/// Rows of one range: work in U.
template <Scalar T, Scalar U>
class ExactLane {
 public:
  ExactLane(const ExactCall<T>& call, ExactRange range)
      : call_(call), range_(range), keys_(call, range), logits_(simd::kBlockRows, kExactKeys) {
    for (Index i = 0; i < kExactQueries / simd::kBlockRows; ++i) {
      queries_.emplace_back(call, range);
      softmax_.emplace_back(call.problem.value_dim);
    }
  }

  /// Those of the queries first ... (at most kExactQueries) of one head that are of this range.
  void attend(const AttentionSequence& sequence, Index head, Index first,
              std::span<const ExactRange> ranges, const RowTarget<T>& target,
              AttentionReport& report) {
    if (std::find(ranges.begin(), ranges.end(), range_) == ranges.end()) return;
    const auto count = static_cast<Index>(ranges.size());
    const Index blocks = (count + simd::kBlockRows - 1) / simd::kBlockRows;
    for (Index b = 0; b < blocks; ++b) {
      const auto i = static_cast<std::size_t>(b);
      const Index start = b * simd::kBlockRows;
      queries_[i].load(sequence, head, first + start, std::min(simd::kBlockRows, count - start));
      softmax_[i].start();
    }
    const Index key_head = head / call_.problem.heads_per_key_head;
    const Index begin = queries_.front().begin() / kExactKeys * kExactKeys;
    const Index end = queries_[static_cast<std::size_t>(blocks - 1)].end();
    for (Index k = begin; k < end; k += kExactKeys) {
      keys_.load(sequence, key_head, k, std::min(kExactKeys, sequence.num_keys - k));
      for (std::size_t i = 0; i < static_cast<std::size_t>(blocks); ++i) {
        if (queries_[i].score(keys_, logits_)) softmax_[i].add(queries_[i], keys_, logits_);
      }
    }
    for (Index r = 0; r < count; ++r) {
      if (ranges[static_cast<std::size_t>(r)] != range_) continue;
      const auto block = static_cast<std::size_t>(r / simd::kBlockRows);
      const Index row = r % simd::kBlockRows;
      const double scale = value_scale(range_);
      if (target.adds()) {
        softmax_[block].add_to(target, sequence, head, first + r, row, scale,
                               queries_[block].log_constant(row));
      } else {
        softmax_[block].finish(
            row, scale, target.rows(sequence, head, first + r - row, queries_[block].count()),
            report);
      }
    }
  }

 private:
  const ExactCall<T>& call_;
  ExactRange range_;
  ExactKeys<T, U> keys_;
  Matrix<U> logits_;
  std::vector<ExactQueries<T, U>> queries_;
  std::vector<OnlineSoftmax<T, U>> softmax_;
};

template <Scalar T>
struct ExactWorker {
  explicit ExactWorker(const ExactCall<T>& the_call)
      : call(the_call), ordinary(call, ExactRange::ordinary) {}

  void attend(const AttentionSequence& sequence, Index head, Index first,
              const RowTarget<T>& target) {
    std::array<ExactRange, kExactQueries> buffer;
    const auto count =
        static_cast<std::size_t>(std::min(kExactQueries, sequence.num_queries - first));
    const std::span<ExactRange> ranges(buffer.data(), count);
    exact_ranges(call, sequence, head, first, ranges);
    ordinary.attend(sequence, head, first, ranges, target, report);
    for (const ExactRange range : {ExactRange::wide, ExactRange::wide_scaled}) {
      if (std::find(ranges.begin(), ranges.end(), range) == ranges.end()) continue;
      auto& lane = range == ExactRange::wide ? wide : wide_scaled;
      if (!lane) lane.emplace(call, range);
      lane->attend(sequence, head, first, ranges, target, report);
    }
  }

  const ExactCall<T>& call;
  ExactLane<T, T> ordinary;
  std::optional<ExactLane<T, double>> wide;         ///< rare
  std::optional<ExactLane<T, double>> wide_scaled;  ///< rarer
  AttentionReport report;
};

/// Queries of one head that share tiles of keys.
struct ExactTask {
  const AttentionSequence* sequence;
  Index head;
  Index first;
};

std::vector<ExactTask> exact_tasks(const AttentionProblem& problem) {
  std::vector<ExactTask> tasks;
  for (const AttentionSequence& sequence : problem.sequences) {
    for (Index h = 0; h < sequence.num_heads; ++h) {
      const Index head = sequence.first_head + h;
      for (Index i = 0; i < sequence.num_queries; i += kExactQueries) {
        tasks.push_back({&sequence, head, i});
      }
    }
  }
  return tasks;
}

}  // namespace

template <Scalar T>
AttentionReport exact_rows(const ExactCall<T>& call, const RowTarget<T>& target,
                           const Execution& execution) {
  const std::vector<ExactTask> tasks = exact_tasks(call.problem);
  const auto count = static_cast<Index>(tasks.size());
  std::vector<std::unique_ptr<ExactWorker<T>>> workers;
  for (int w = 0; w < worker_count(count, execution); ++w) {
    workers.push_back(std::make_unique<ExactWorker<T>>(call));
  }
  parallel_for_blocks(count, execution, [&](Index t, int w) {
    const auto& [sequence, head, first] = tasks[static_cast<std::size_t>(t)];
    workers[static_cast<std::size_t>(w)]->attend(*sequence, head, first, target);
  });
  AttentionReport report;
  for (const auto& worker : workers) {
    report.empty_rows += worker->report.empty_rows;
    report.nonfinite_rows += worker->report.nonfinite_rows;
  }
  return report;
}

template AttentionReport exact_rows<float>(const ExactCall<float>&, const RowTarget<float>&,
                                           const Execution&);
template AttentionReport exact_rows<double>(const ExactCall<double>&, const RowTarget<double>&,
                                            const Execution&);

}  // namespace bochner::attention_internals

namespace bochner {

using namespace attention_internals;

template <Scalar T>
AttentionReport exact_attention(const Kernel& kernel, const AttentionInputs<T>& inputs,
                                TensorView<T, 4> out, const AttentionOptions& options,
                                TensorView<const T, 4> bias, const Execution& execution) {
  constexpr Door kDoor("exact_attention");
  const ExactCall<T> call = exact_call<T>(kDoor, kernel, inputs, options, bias, execution);
  const AttentionProblem& problem = call.problem;
  require_output(
      kDoor, "out", out,
      {inputs.queries.extent(0), problem.heads, inputs.queries.extent(2), problem.value_dim},
      inputs);
  require_apart_from_bias(kDoor, "out", out, bias);
  AttentionReport report;
  if (problem.value_dim > 0) report = exact_rows(call, RowTarget<T>(out), execution);
  report.arithmetic = std::same_as<T, float> ? "float" : "double";
  return report;
}

template AttentionReport exact_attention<float>(const Kernel&, const AttentionInputs<float>&,
                                                TensorView<float, 4>, const AttentionOptions&,
                                                TensorView<const float, 4>, const Execution&);
template AttentionReport exact_attention<double>(const Kernel&, const AttentionInputs<double>&,
                                                 TensorView<double, 4>, const AttentionOptions&,
                                                 TensorView<const double, 4>, const Execution&);

}  // namespace bochner
