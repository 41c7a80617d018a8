// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact_forward.hpp"

#include "client/attention/weights.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <memory>

namespace bochner {

template <Scalar T>
OnlineSoftmax<T>::OnlineSoftmax(Index value_dim)
    : value_dim_(value_dim),
      numerator_(simd::kBlockRows, simd::padded<T>(value_dim)),
      part_(simd::kBlockRows, simd::padded<T>(value_dim)) {}

template <Scalar T>
void OnlineSoftmax<T>::start() {
  std::fill_n(numerator_.data(), numerator_.size(), T{0});
  sum_.fill(T{0});
  exponent_.fill(kNoMass);
}

template <Scalar T>
void OnlineSoftmax<T>::add(const ExactQueries<T>& queries, const ExactKeys<T>& keys,
                           Matrix<T>& logits) {
  const auto& engine = simd::kernels<T>();
  const auto& seen = queries.seen();
  const Index rows = queries.count();
  engine.softmax_rows(logits.data(), logits.cols(), rows, seen.data(), exponent_.data(),
                      rescale_.data(), sum_.data());
  const Matrix<T>& values = keys.values();
  if (seen.front() == keys.count()) {  // then all rows see all keys
    engine.contract(logits.data(), logits.cols(), rows, keys.count(), values.data(), values.cols(),
                    value_dim_, part_.data(), part_.cols());
  } else {
    engine.contract_prefixes(logits.data(), logits.cols(), rows, seen.data(), values.data(),
                             values.cols(), value_dim_, part_.data(), part_.cols());
  }
  for (Index r = 0; r < rows; ++r) {
    const auto i = static_cast<std::size_t>(r);
    T* const sum = numerator_.row(r);
    const T* const part = part_.row(r);
    for (Index c = 0; c < value_dim_; ++c) sum[c] = rescale_[i] * sum[c] + part[c];
    for (const Index key : keys.poisoned()) {  // a weight of zero hides even a NaN
      if (key >= seen[i] || logits(r, key) == T{0}) continue;
      for (Index c = 0; c < value_dim_; ++c) {
        const T value = keys.value(key, c);
        if (!std::isfinite(value)) sum[c] += logits(r, key) * value;
      }
    }
  }
}

template <Scalar T>
Index OnlineSoftmax<T>::finish(Index rows, MatrixView<T> out) const {
  Index empty = 0;
  for (Index r = 0; r < rows; ++r) {
    const T sum = sum_[static_cast<std::size_t>(r)];
    const T inverse = sum == T{0} ? T{0} : T{1} / sum;
    const T* const numerator = numerator_.row(r);
    T* const row = out.row(r);
    for (Index c = 0; c < value_dim_; ++c) row[c * out.col_stride] = numerator[c] * inverse;
    if (sum == T{0}) ++empty;
  }
  return empty;
}

template class OnlineSoftmax<float>;
template class OnlineSoftmax<double>;

namespace {

template <Scalar T>
struct ExactWorker {
  explicit ExactWorker(const ExactCall<T>& call)
      : keys(call), logits(simd::kBlockRows, kExactKeys) {
    for (Index i = 0; i < kExactQueries / simd::kBlockRows; ++i) {
      queries.emplace_back(call);
      softmax.emplace_back(call.problem.value_dim);
    }
  }
  ExactKeys<T> keys;
  Matrix<T> logits;
  std::vector<ExactQueries<T>> queries;
  std::vector<OnlineSoftmax<T>> softmax;
  Index empty_rows = 0;
};

/// Queries first ... (at most kExactQueries) of one head.
template <Scalar T>
void attend(const ExactCall<T>& call, const AttentionSequence& sequence, Index head, Index first,
            MatrixView<T> out, ExactWorker<T>& worker) {
  const Index count = std::min(kExactQueries, sequence.num_queries - first);
  const Index blocks = (count + simd::kBlockRows - 1) / simd::kBlockRows;
  for (Index b = 0; b < blocks; ++b) {
    const auto i = static_cast<std::size_t>(b);
    const Index start = b * simd::kBlockRows;
    worker.queries[i].load(sequence, head, first + start,
                           std::min(simd::kBlockRows, count - start));
    worker.softmax[i].start();
  }
  const Index begin = worker.queries.front().begin() / kExactKeys * kExactKeys;
  const Index end = worker.queries[static_cast<std::size_t>(blocks - 1)].end();
  for (Index k = begin; k < end; k += kExactKeys) {
    worker.keys.load(sequence, head / call.problem.heads_per_key_head, k,
                     std::min(kExactKeys, sequence.num_keys - k));
    for (std::size_t i = 0; i < static_cast<std::size_t>(blocks); ++i) {
      if (worker.queries[i].score(worker.keys, worker.logits)) {
        worker.softmax[i].add(worker.queries[i], worker.keys, worker.logits);
      }
    }
  }
  for (Index b = 0; b < blocks; ++b) {
    const auto i = static_cast<std::size_t>(b);
    const Index rows = worker.queries[i].count();
    worker.empty_rows += worker.softmax[i].finish(
        rows, out.middle_rows(sequence.first_query + first + b * simd::kBlockRows, rows));
  }
}

}  // namespace

template <Scalar T>
AttentionReport exact_attention(const Kernel& kernel, const AttentionInputs<T>& inputs,
                                TensorView<T, 4> out, const AttentionOptions& options,
                                TensorView<const T, 4> bias, const Execution& execution) {
  constexpr const char* kFunction = "exact_attention";
  const ExactCall<T> call = exact_call<T>(kFunction, kernel, inputs, options, bias);
  const AttentionProblem& problem = call.problem;
  check_output(
      kFunction, "out", out,
      {inputs.queries.extent(0), problem.heads, inputs.queries.extent(2), problem.value_dim},
      inputs);
  AttentionReport report;
  report.arithmetic = std::same_as<T, float> ? "float" : "double";
  if (problem.value_dim == 0) return report;

  struct Task {
    const AttentionSequence* sequence;
    Index head;
    Index first;
  };
  std::vector<Task> tasks;
  for (const AttentionSequence& sequence : problem.sequences) {
    for (Index head = 0; head < problem.heads; ++head) {
      for (Index i = 0; i < sequence.num_queries; i += kExactQueries) {
        tasks.push_back({&sequence, head, i});
      }
    }
  }
  const auto count = static_cast<Index>(tasks.size());
  std::vector<std::unique_ptr<ExactWorker<T>>> workers;
  for (int w = 0; w < worker_count(count, execution); ++w) {
    workers.push_back(std::make_unique<ExactWorker<T>>(call));
  }
  parallel_for_blocks(count, execution, [&](Index t, int w) {
    const auto& [sequence, head, first] = tasks[static_cast<std::size_t>(t)];
    attend(call, *sequence, head, first, head_rows(out, sequence->batch, head),
           *workers[static_cast<std::size_t>(w)]);
  });
  for (const auto& worker : workers) report.empty_rows += worker->empty_rows;
  return report;
}

template AttentionReport exact_attention<float>(const Kernel&, const AttentionInputs<float>&,
                                                TensorView<float, 4>, const AttentionOptions&,
                                                TensorView<const float, 4>, const Execution&);
template AttentionReport exact_attention<double>(const Kernel&, const AttentionInputs<double>&,
                                                 TensorView<double, 4>, const AttentionOptions&,
                                                 TensorView<const double, 4>, const Execution&);

}  // namespace bochner
