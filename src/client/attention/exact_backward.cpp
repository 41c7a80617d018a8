// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact.hpp"
#include "client/attention/query_gradient.hpp"
#include "core/parallel.hpp"

#include <algorithm>
#include <memory>
#include <numbers>

namespace bochner {
namespace {

/// Normalisers of all rows as sum 2^exponent, by (batch, head, query).
template <Scalar T>
struct Normalisers {
  std::vector<T> sum;
  std::vector<std::int32_t> exponent;
  std::array<Index, 2> extents;  ///< heads, queries

  std::size_t index(Index batch, Index head, Index query) const {
    return static_cast<std::size_t>((batch * extents[0] + head) * extents[1] + query);
  }
};

template <Scalar T>
struct ExactGradientCall {
  const ExactCall<T>& forward;
  const TensorView<const T, 4>& out;
  const TensorView<const T, 4>& out_gradient;
  const AttentionGradients<T>& gradients;
  Normalisers<T>& normalisers;
};

/// Up to 64 queries against a tile of keys: weights P and the gradients P (dO V^T - dO . o) of
/// logits.
template <Scalar T>
class WeightGradient {
 public:
  explicit WeightGradient(const ExactGradientCall<T>& call)
      : call_(call),
        queries_(call.forward),
        weights_(simd::kBlockRows, kExactKeys),
        logit_gradient_(simd::kBlockRows, kExactKeys),
        out_gradient_(simd::kBlockRows, simd::padded<T>(call.forward.problem.value_dim)) {}

  void load(const AttentionSequence& sequence, Index head, Index first, Index count) {
    queries_.load(sequence, head, first, count);
    const Index row = sequence.first_query + first;
    const auto out = head_rows(call_.out, sequence.batch, head).middle_rows(row, count);
    const auto gradient =
        head_rows(call_.out_gradient, sequence.batch, head).middle_rows(row, count);
    normaliser_ = call_.normalisers.index(sequence.batch, head, row);
    for (Index r = 0; r < count; ++r) {
      double product = 0.0;
      for (Index c = 0; c < out.cols; ++c) {
        out_gradient_(r, c) = gradient(r, c);
        product += static_cast<double>(gradient(r, c)) * static_cast<double>(out(r, c));
      }
      product_[static_cast<std::size_t>(r)] = static_cast<T>(product);
    }
  }

  ExactQueries<T>& queries() noexcept { return queries_; }

  /// The first pass: adds a tile to the normalisers.
  void normalise(const ExactKeys<T>& keys) {
    if (!queries_.score(keys, weights_)) return;
    std::array<T, simd::kBlockRows> rescale;
    simd::kernels<T>().softmax_rows(weights_.data(), weights_.cols(), queries_.count(),
                                    queries_.seen().data(),
                                    call_.normalisers.exponent.data() + normaliser_, rescale.data(),
                                    call_.normalisers.sum.data() + normaliser_);
  }

  /// The later passes: P and the gradients of logits, zero where nothing is seen; `values` is V^T.
  bool compute(const ExactKeys<T>& keys, const PackedTranspose<T>& values) {
    if (!queries_.score(keys, weights_)) return false;
    const Index rows = queries_.count();
    std::array<double, simd::kBlockRows> offset;
    for (Index r = 0; r < rows; ++r) {
      const auto i = static_cast<std::size_t>(r);
      offset[i] = -static_cast<double>(call_.normalisers.exponent[normaliser_ + i]);
    }
    simd::kernels<T>().exp2_columns(weights_.data(), weights_.cols(), rows, keys.count(),
                                    offset.data(), nullptr, nullptr, {});
    values.multiply(out_gradient_, rows, logit_gradient_);
    for (Index r = 0; r < rows; ++r) {
      const auto i = static_cast<std::size_t>(r);
      const T sum = call_.normalisers.sum[normaliser_ + i];
      const T inverse = sum == T{0} ? T{0} : T{1} / sum;
      const Index seen = sum == T{0} ? 0 : queries_.seen()[i];
      T* const weight = weights_.row(r);
      T* const gradient = logit_gradient_.row(r);
      for (Index j = 0; j < seen; ++j) {
        weight[j] *= inverse;
        gradient[j] = weight[j] * (gradient[j] - product_[i]);
      }
      std::fill(weight + seen, weight + kExactKeys, T{0});
      std::fill(gradient + seen, gradient + kExactKeys, T{0});
    }
    return true;
  }
  const Matrix<T>& weights() const noexcept { return weights_; }
  const Matrix<T>& logit_gradient() const noexcept { return logit_gradient_; }
  const Matrix<T>& out_gradient() const noexcept { return out_gradient_; }

 private:
  const ExactGradientCall<T>& call_;
  ExactQueries<T> queries_;
  Matrix<T> weights_;
  Matrix<T> logit_gradient_;
  Matrix<T> out_gradient_;
  std::array<T, simd::kBlockRows> product_{};
  std::size_t normaliser_ = 0;
};

template <Scalar T>
struct ExactGradientWorker {
  explicit ExactGradientWorker(const ExactGradientCall<T>& call)
      : keys(call.forward),
        values(kExactKeys, call.forward.problem.value_dim),
        block(call),
        queries_gradient(simd::kBlockRows, simd::padded<T>(call.forward.problem.dim)),
        part(simd::kBlockRows, simd::padded<T>(call.forward.problem.dim)),
        keys_gradient(kExactKeys, simd::padded<T>(call.forward.problem.dim)),
        values_gradient(kExactKeys, simd::padded<T>(call.forward.problem.value_dim)),
        column(1, kExactKeys) {}
  ExactKeys<T> keys;
  PackedTranspose<T> values;
  WeightGradient<T> block;
  Matrix<T> queries_gradient;
  Matrix<T> part;
  Matrix<T> keys_gradient;
  Matrix<T> values_gradient;
  Matrix<T> column;
};

/// Normalisers and query gradients of a block of queries.
template <Scalar T>
void query_pass(const ExactGradientCall<T>& call, const AttentionSequence& sequence, Index head,
                Index first, ExactGradientWorker<T>& worker) {
  const AttentionProblem& problem = call.forward.problem;
  const Index count = std::min(simd::kBlockRows, sequence.num_queries - first);
  const auto& engine = simd::kernels<T>();
  worker.block.load(sequence, head, first, count);
  const Index begin = worker.block.queries().begin() / kExactKeys * kExactKeys;
  const Index end = worker.block.queries().end();
  const auto load = [&](Index k) {
    worker.keys.load(sequence, head / problem.heads_per_key_head, k,
                     std::min(kExactKeys, sequence.num_keys - k));
  };
  for (Index k = begin; k < end; k += kExactKeys) {
    load(k);
    worker.block.normalise(worker.keys);
  }
  Matrix<T>& gradient = worker.queries_gradient;
  std::fill_n(gradient.data(), gradient.size(), T{0});
  for (Index k = begin; k < end; k += kExactKeys) {
    load(k);
    const Matrix<T>& values = worker.keys.values();
    worker.values.pack(values.data(), values.cols(), worker.keys.count());
    if (!worker.block.compute(worker.keys, worker.values)) continue;
    const Matrix<T>& pairs = worker.block.logit_gradient();
    engine.contract(pairs.data(), pairs.cols(), count, worker.keys.count(),
                    worker.keys.keys().data(), worker.keys.keys().cols(), problem.dim,
                    worker.part.data(), worker.part.cols());
    for (Index i = 0; i < count * gradient.cols(); ++i) gradient.data()[i] += worker.part.data()[i];
  }
  call.forward.kernel.transform_gradient(gradient,
                                         head_rows(call.gradients.queries, sequence.batch, head)
                                             .middle_rows(sequence.first_query + first, count));
}

/// Gradients of a tile of keys and values.
template <Scalar T>
void key_pass(const ExactGradientCall<T>& call, const AttentionSequence& sequence, Index key_head,
              Index first, ExactGradientWorker<T>& worker) {
  const AttentionProblem& problem = call.forward.problem;
  const auto& engine = simd::kernels<T>();
  const Index count = std::min(kExactKeys, sequence.num_keys - first);
  worker.keys.load(sequence, key_head, first, count);
  const Matrix<T>& values = worker.keys.values();
  worker.values.pack(values.data(), values.cols(), count);
  Matrix<T>& dk = worker.keys_gradient;
  Matrix<T>& dv = worker.values_gradient;
  std::fill_n(dk.data(), dk.size(), T{0});
  std::fill_n(dv.data(), dv.size(), T{0});
  std::array<T, kExactKeys> logit_sums{};
  for (Index h = 0; h < problem.heads_per_key_head; ++h) {
    const Index head = key_head * problem.heads_per_key_head + h;
    for (Index i = 0; i < sequence.num_queries; i += simd::kBlockRows) {
      const Index rows = std::min(simd::kBlockRows, sequence.num_queries - i);
      if (sequence.visible_end(i + rows - 1) <= first) continue;
      worker.block.load(sequence, head, i, rows);
      if (!worker.block.compute(worker.keys, worker.values)) continue;
      const Matrix<T>& weights = worker.block.weights();
      const Matrix<T>& pairs = worker.block.logit_gradient();
      const Matrix<T>& queries = worker.block.queries().queries();
      const Matrix<T>& gradient = worker.block.out_gradient();
      engine.accumulate(weights.data(), weights.cols(), rows, count, gradient.data(),
                        gradient.cols(), problem.value_dim, nullptr, dv.data(), dv.cols());
      engine.accumulate(pairs.data(), pairs.cols(), rows, count, queries.data(), queries.cols(),
                        problem.dim, nullptr, dk.data(), dk.cols());
      engine.column_sums(pairs.data(), pairs.cols(), rows, count, nullptr, worker.column.data());
      for (std::size_t j = 0; j < static_cast<std::size_t>(count); ++j) {
        logit_sums[j] += worker.column(0, static_cast<Index>(j));
      }
    }
  }
  // Queries came with log2(e) in them; a key's own term is key_weight |k|^2 in base 2.
  constexpr T kLn2 = static_cast<T>(std::numbers::ln2);
  const T own = static_cast<T>(2.0 * std::numbers::ln2 * call.forward.kernel.key_weight());
  for (Index j = 0; j < count; ++j) {
    const T sum = logit_sums[static_cast<std::size_t>(j)];
    for (Index c = 0; c < problem.dim; ++c) {
      dk(j, c) = kLn2 * dk(j, c) + own * sum * worker.keys.keys()(j, c);
    }
  }
  const auto to_keys = head_rows(call.gradients.keys, sequence.batch, key_head);
  const auto to_values = head_rows(call.gradients.values, sequence.batch, key_head);
  Matrix<T> rows(count, problem.dim);
  call.forward.kernel.transform_gradient(dk, rows.view());
  for (Index j = 0; j < count; ++j) {
    const Index row = sequence.first_key + sequence.position(first + j);
    for (Index c = 0; c < problem.dim; ++c) to_keys(row, c) = rows(j, c);
    for (Index c = 0; c < problem.value_dim; ++c) to_values(row, c) = dv(j, c);
  }
}

}  // namespace

template <Scalar T>
void exact_attention_gradient(const Kernel& kernel, const AttentionInputs<T>& inputs,
                              TensorView<const T, 4> out, TensorView<const T, 4> out_gradient,
                              const AttentionGradients<T>& gradients,
                              const AttentionOptions& options, TensorView<const T, 4> bias,
                              const Execution& execution) {
  constexpr const char* kFunction = "exact_attention_gradient";
  const ExactCall<T> forward = exact_call<T>(kFunction, kernel, inputs, options, bias);
  const AttentionProblem& problem = forward.problem;
  check_gradients(kFunction, inputs, out, out_gradient, gradients);
  clear_gradients(gradients);
  if (problem.value_dim == 0) return;

  Normalisers<T> normalisers{{}, {}, {problem.heads, inputs.queries.extent(2)}};
  const std::size_t rows = normalisers.index(inputs.queries.extent(0), 0, 0);
  normalisers.sum.assign(rows, T{0});
  normalisers.exponent.assign(rows, kNoMass);
  const ExactGradientCall<T> call{forward, out, out_gradient, gradients, normalisers};

  struct Task {
    const AttentionSequence* sequence;
    Index head;
    Index first;
  };
  std::vector<Task> query_tasks;
  std::vector<Task> key_tasks;
  for (const AttentionSequence& sequence : problem.sequences) {
    for (Index head = 0; head < problem.heads; ++head) {
      for (Index i = 0; i < sequence.num_queries; i += simd::kBlockRows) {
        query_tasks.push_back({&sequence, head, i});
      }
    }
    for (Index head = 0; head < problem.key_heads; ++head) {
      for (Index k = 0; k < sequence.num_keys; k += kExactKeys) {
        key_tasks.push_back({&sequence, head, k});
      }
    }
  }
  const Index most = static_cast<Index>(std::max(query_tasks.size(), key_tasks.size()));
  std::vector<std::unique_ptr<ExactGradientWorker<T>>> workers;
  for (int w = 0; w < worker_count(most, execution); ++w) {
    workers.push_back(std::make_unique<ExactGradientWorker<T>>(call));
  }
  parallel_for_blocks(static_cast<Index>(query_tasks.size()), execution, [&](Index t, int w) {
    const auto& [sequence, head, first] = query_tasks[static_cast<std::size_t>(t)];
    query_pass(call, *sequence, head, first, *workers[static_cast<std::size_t>(w)]);
  });
  parallel_for_blocks(static_cast<Index>(key_tasks.size()), execution, [&](Index t, int w) {
    const auto& [sequence, head, first] = key_tasks[static_cast<std::size_t>(t)];
    key_pass(call, *sequence, head, first, *workers[static_cast<std::size_t>(w)]);
  });
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
