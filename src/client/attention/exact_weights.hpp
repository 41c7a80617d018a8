// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/attention/exact.hpp"
#include "client/attention/query_gradient.hpp"
#include "client/attention/row_totals.hpp"

#include <cmath>
#include <limits>
#include <vector>

/// \file
/// Weights of exact attention in the backward pass.

namespace bochner::attention_internals {

/// Normalisers of all rows as sum 2^exponent, by (batch, head, query); none where there are totals.
template <Scalar U>
struct Normalisers {
  std::vector<U> sum;
  std::vector<U> exponent;
  std::array<Index, 2> extents;  ///< heads, queries

  std::size_t index(Index batch, Index head, Index query) const {
    return static_cast<std::size_t>((batch * extents[0] + head) * extents[1] + query);
  }
};

template <Scalar T, Scalar U>
struct ExactGradientCall {
  const ExactCall<T>& forward;
  ExactRange range;
  const TensorView<const T, 4>& out;
  const TensorView<const T, 4>& out_gradient;
  const AttentionGradients<T>& gradients;
  Normalisers<U>& normalisers;
  const RowTotals<T>* totals = nullptr;  ///< of rows that other passes belong to, too
};

/// Up to 64 queries against a tile of keys: weights P and the gradients P (dO V^T - dO . o) of
/// logits.
template <Scalar T, Scalar U>
class WeightGradient {
 public:
  explicit WeightGradient(const ExactGradientCall<T, U>& call)
      : call_(call),
        queries_(call.forward, call.range),
        weights_(simd::kBlockRows, kExactKeys),
        logit_gradient_(simd::kBlockRows, kExactKeys),
        out_gradient_(simd::kBlockRows, simd::padded<U>(call.forward.problem.value_dim)) {}

  void load(const AttentionSequence& sequence, Index head, Index first, Index count) {
    queries_.load(sequence, head, first, count);
    const Index row = sequence.first_query + first;
    const auto out = head_rows(call_.out, sequence.batch, head).middle_rows(row, count);
    const auto gradient =
        head_rows(call_.out_gradient, sequence.batch, head).middle_rows(row, count);
    for (Index r = 0; r < count; ++r) {
      double product = 0.0;
      for (Index c = 0; c < out.cols; ++c) {
        out_gradient_(r, c) = static_cast<U>(gradient(r, c));
        product += static_cast<double>(gradient(r, c)) * static_cast<double>(out(r, c));
      }
      product_[static_cast<std::size_t>(r)] = static_cast<U>(product);
    }
    if (call_.totals) {
      take_totals(sequence, head, first);
      return;
    }
    const std::size_t normaliser = call_.normalisers.index(sequence.batch, head, row);
    sum_ = call_.normalisers.sum.data() + normaliser;
    exponent_ = call_.normalisers.exponent.data() + normaliser;
  }

  ExactQueries<T, U>& queries() noexcept { return queries_; }

  /// The first pass, unless there are totals: adds a tile to the normalisers.
  void normalise(const ExactKeys<T, U>& keys) {
    if (!queries_.score(keys, weights_)) return;
    std::array<U, simd::kBlockRows> rescale;
    simd::kernels<U>().softmax_rows(weights_.data(), weights_.cols(), queries_.count(),
                                    queries_.seen().data(), exponent_, rescale.data(), sum_);
  }

  /// The later passes: P and the gradients of logits, zero where nothing is seen; `values` is V^T.
  bool compute(const ExactKeys<T, U>& keys, const PackedTranspose<U>& values) {
    if (!queries_.score(keys, weights_)) return false;
    const Index rows = queries_.count();
    std::array<double, simd::kBlockRows> offset;
    for (Index r = 0; r < rows; ++r) {
      const auto i = static_cast<std::size_t>(r);
      const U exponent = exponent_[i];
      offset[i] = std::isfinite(exponent) ? -static_cast<double>(exponent) : 0.0;
      if (std::abs(offset[i]) <= simd::Constants<U>::kMaxLog2 / 2) continue;
      // Too large to be split: exact for what is near the exponent.
      U* const row = weights_.row(r);
      for (Index j = 0; j < queries_.seen()[i]; ++j) row[j] -= exponent;
      offset[i] = 0.0;
    }
    simd::kernels<U>().exp2_columns(weights_.data(), weights_.cols(), rows, keys.count(),
                                    offset.data(), nullptr, nullptr, {});
    values.multiply(out_gradient_, rows, logit_gradient_);
    for (Index r = 0; r < rows; ++r) {
      const auto i = static_cast<std::size_t>(r);
      const U sum = sum_[i];
      const U inverse = sum == U{0} ? U{0} : U{1} / sum;
      const Index seen = sum == U{0} ? 0 : queries_.seen()[i];
      U* const weight = weights_.row(r);
      U* const gradient = logit_gradient_.row(r);
      for (Index j = 0; j < seen; ++j) {
        weight[j] *= inverse;
        gradient[j] = weight[j] * (gradient[j] - product_[i]);
      }
      std::fill(weight + seen, weight + kExactKeys, U{0});
      std::fill(gradient + seen, gradient + kExactKeys, U{0});
    }
    return true;
  }
  const Matrix<U>& weights() const noexcept { return weights_; }
  const Matrix<U>& logit_gradient() const noexcept { return logit_gradient_; }
  /// Adds its columns to sums: a factor of a key adds its logarithm to all logits of that key.
  void add_to(std::vector<double>& sums) const {
    for (Index r = 0; r < queries_.count(); ++r) {
      const U* const row = logit_gradient_.row(r);
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += static_cast<double>(row[j]);
    }
  }
  const Matrix<U>& out_gradient() const noexcept { return out_gradient_; }

 private:
  /// The normalisers are known, but for what logits lack.
  void take_totals(const AttentionSequence& sequence, Index head, Index first) {
    for (Index r = 0; r < queries_.count(); ++r) {
      const auto& total = call_.totals->row(sequence, head, first + r);
      const double log = total.unit - queries_.log_constant(r);
      const double whole = std::isfinite(log) ? std::floor(log) : 0.0;
      const auto i = static_cast<std::size_t>(r);
      own_exponent_[i] = static_cast<U>(whole);
      own_sum_[i] = static_cast<U>(total.normaliser * std::exp2(log - whole));
    }
    sum_ = own_sum_.data();
    exponent_ = own_exponent_.data();
  }

  const ExactGradientCall<T, U>& call_;
  ExactQueries<T, U> queries_;
  Matrix<U> weights_;
  Matrix<U> logit_gradient_;
  Matrix<U> out_gradient_;
  std::array<U, simd::kBlockRows> product_{};
  std::array<U, simd::kBlockRows> own_sum_{};
  std::array<U, simd::kBlockRows> own_exponent_{};
  U* sum_ = nullptr;
  U* exponent_ = nullptr;
};

}  // namespace bochner::attention_internals
