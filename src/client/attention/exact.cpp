// SPDX-License-Identifier: Apache-2.0
#include "client/attention/exact.hpp"

#include "client/attention/rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace bochner {

ExactKernel::ExactKernel(const std::string& function, const Kernel& kernel, Index dim) {
  if (!std::holds_alternative<SoftmaxKernel>(kernel) &&
      !std::holds_alternative<GaussianKernel>(kernel)) {
    throw InvalidArgument(function + ": the kernel is " + to_text(kernel) +
                          ", expected softmax or gaussian");
  }
  const StandardForm form = standard_form(kernel, dim);
  transform_ = form.transform;
  key_weight_ = 0.5 * (form.amplitude - 1.0) * std::numbers::log2e;
}

template <Scalar T>
void ExactKernel::transform(Side side, MatrixView<const T> x, Matrix<T>& out) const {
  const double factor = side == Side::query ? std::numbers::log2e : 1.0;
  const auto dim = static_cast<std::size_t>(x.cols);
  if (transform_.matrix.empty()) {
    std::vector<T> scale(dim);
    for (std::size_t k = 0; k < dim; ++k) {
      scale[k] = static_cast<T>(factor * transform_.diagonal[k]);
    }
    for (Index r = 0; r < x.rows; ++r) {
      const T* const from = x.row(r);
      T* const to = out.row(r);
      for (Index k = 0; k < x.cols; ++k) {
        to[k] = from[k * x.col_stride] * scale[static_cast<std::size_t>(k)];
      }
    }
    return;
  }
  std::vector<double> raw(dim);
  std::vector<double> transformed(dim);
  for (Index r = 0; r < x.rows; ++r) {
    for (Index k = 0; k < x.cols; ++k) {
      raw[static_cast<std::size_t>(k)] = static_cast<double>(x(r, k));
    }
    transform_.apply(raw.data(), transformed.data());
    for (Index k = 0; k < x.cols; ++k) {
      out(r, k) = static_cast<T>(factor * transformed[static_cast<std::size_t>(k)]);
    }
  }
}

template <Scalar T>
void ExactKernel::transform_gradient(const Matrix<T>& dy, MatrixView<T> dx) const {
  for (Index r = 0; r < dx.rows; ++r) {
    for (Index k = 0; k < dx.cols; ++k) {
      double sum = 0.0;
      if (transform_.matrix.empty()) {
        sum = transform_.diagonal[static_cast<std::size_t>(k)] * static_cast<double>(dy(r, k));
      } else {
        for (Index l = 0; l < dx.cols; ++l) {
          sum += transform_.matrix[static_cast<std::size_t>(l * dx.cols + k)] *
                 static_cast<double>(dy(r, l));
        }
      }
      dx(r, k) = static_cast<T>(sum);
    }
  }
}

template <Scalar T>
ExactCall<T> exact_call(const std::string& function, const Kernel& kernel,
                        const AttentionInputs<T>& inputs, const AttentionOptions& options,
                        TensorView<const T, 4> bias) {
  AttentionProblem problem = attention_problem(function, inputs, options);
  const std::array<Index, 4> weights{inputs.queries.extent(0), inputs.queries.extent(1),
                                     inputs.queries.extent(2), inputs.keys.extent(2)};
  const auto check = [&](const char* name, const std::array<Index, 4>& extents) {
    if (extents == weights) return;
    std::string text = function + ": " + name + " is";
    for (std::size_t k = 0; k < 4; ++k) text += (k ? " x " : " ") + std::to_string(extents[k]);
    text += ", expected batch x heads x L x S";
    for (std::size_t k = 0; k < 4; ++k) text += (k ? " x " : ": ") + std::to_string(weights[k]);
    throw InvalidArgument(text);
  };
  if (options.allowed.data != nullptr) check("allowed", options.allowed.extents);
  if (bias.data != nullptr) check("bias", bias.extents);
  if (options.precision != Precision::full) {
    throw InvalidArgument(function + ": precision is bfloat16, which only `attention` offers");
  }
  ExactKernel exact(function, kernel, problem.dim);
  return {std::move(exact), inputs, options, bias, std::move(problem)};
}

template <Scalar T>
ExactKeys<T>::ExactKeys(const ExactCall<T>& call)
    : call_(&call),
      keys_(kExactKeys, simd::padded<T>(call.problem.dim)),
      packed_(call.problem.dim, kExactKeys),
      values_(kExactKeys, simd::padded<T>(call.problem.value_dim)),
      bias_(1, kExactKeys),
      buffer_(kExactKeys, std::max(call.problem.dim, call.problem.value_dim)) {}

template <Scalar T>
void ExactKeys<T>::load(const AttentionSequence& sequence, Index key_head, Index first,
                        Index count) {
  sequence_ = &sequence;
  key_head_ = key_head;
  first_ = first;
  count_ = count;
  const Index dim = call_->problem.dim;
  const auto keys = head_rows(call_->inputs.keys, sequence.batch, key_head);
  const auto values = head_rows(call_->inputs.values, sequence.batch, key_head);
  call_->kernel.transform(Side::key, live_rows(sequence, keys, first, count, buffer_), keys_);
  simd::kernels<T>().pack_transposed(keys_.data(), keys_.cols(), count, dim, nullptr,
                                     packed_.data());
  copy_rows(live_rows(sequence, values, first, count, buffer_), values_);
  poisoned_.clear();
  for (Index r = 0; r < count; ++r) {
    if (call_->kernel.key_weight() != 0.0) {
      double squared_norm = 0.0;
      for (Index k = 0; k < dim; ++k) squared_norm += std::pow(static_cast<double>(keys_(r, k)), 2);
      bias_(0, r) = static_cast<T>(call_->kernel.key_weight() * squared_norm);
    }
    T* const value = values_.row(r);
    bool finite = true;
    for (Index c = 0; c < call_->problem.value_dim; ++c) {
      if (std::isfinite(value[c])) continue;
      finite = false;
      value[c] = T{0};
    }
    if (!finite) poisoned_.push_back(r);
  }
}

template <Scalar T>
T ExactKeys<T>::value(Index key, Index column) const {
  const auto values = head_rows(call_->inputs.values, sequence_->batch, key_head_);
  return values(sequence_->first_key + sequence_->position(first_ + key), column);
}

template <Scalar T>
ExactQueries<T>::ExactQueries(const ExactCall<T>& call)
    : call_(&call), queries_(simd::kBlockRows, simd::padded<T>(call.problem.dim)) {}

template <Scalar T>
void ExactQueries<T>::load(const AttentionSequence& sequence, Index head, Index first,
                           Index count) {
  sequence_ = &sequence;
  head_ = head;
  first_ = first;
  count_ = count;
  const auto rows = head_rows(call_->inputs.queries, sequence.batch, head);
  call_->kernel.transform(Side::query, rows.middle_rows(sequence.first_query + first, count),
                          queries_);
}

template <Scalar T>
Index ExactQueries<T>::begin() const {
  return sequence_->first_visible(first_);
}

template <Scalar T>
Index ExactQueries<T>::end() const {
  return sequence_->visible_end(first_ + count_ - 1);
}

template <Scalar T>
bool ExactQueries<T>::score(const ExactKeys<T>& keys, Matrix<T>& logits) {
  for (Index r = 0; r < count_; ++r) {
    const Index seen = sequence_->visible_end(first_ + r) - keys.first();
    seen_[static_cast<std::size_t>(r)] =
        static_cast<std::int32_t>(std::clamp<Index>(seen, 0, keys.count()));
  }
  const Index most = seen_[static_cast<std::size_t>(count_ - 1)];
  if (most == 0 || begin() >= keys.first() + keys.count()) return false;
  simd::kernels<T>().project(queries_.data(), queries_.cols(), count_, keys.packed(),
                             call_->problem.dim, most, logits.data(), logits.cols());
  apply_bias(keys, logits);
  apply_masks(keys, logits);
  return true;
}

template <Scalar T>
void ExactQueries<T>::apply_bias(const ExactKeys<T>& keys, Matrix<T>& logits) const {
  if (call_->kernel.key_weight() != 0.0) {
    for (Index r = 0; r < count_; ++r) {
      T* const row = logits.row(r);
      for (Index j = 0; j < seen_[static_cast<std::size_t>(r)]; ++j) row[j] += keys.bias()[j];
    }
  }
  if (call_->bias.data == nullptr) return;
  const auto bias = head_rows(call_->bias, sequence_->batch, head_);
  constexpr T kLog2E = static_cast<T>(std::numbers::log2e);
  for (Index r = 0; r < count_; ++r) {
    T* const row = logits.row(r);
    for (Index j = 0; j < seen_[static_cast<std::size_t>(r)]; ++j) {
      row[j] += kLog2E * bias(sequence_->first_query + first_ + r,
                              sequence_->first_key + sequence_->position(keys.first() + j));
    }
  }
}

template <Scalar T>
void ExactQueries<T>::apply_masks(const ExactKeys<T>& keys, Matrix<T>& logits) const {
  constexpr T kMasked = -std::numeric_limits<T>::infinity();
  if (sequence_->window > 0) {
    for (Index r = 0; r < count_; ++r) {
      const Index hidden = sequence_->first_visible(first_ + r) - keys.first();
      const Index seen = seen_[static_cast<std::size_t>(r)];
      std::fill_n(logits.row(r), std::clamp<Index>(hidden, 0, seen), kMasked);
    }
  }
  if (call_->options.allowed.data == nullptr) return;
  const auto allowed = head_rows(call_->options.allowed, sequence_->batch, head_);
  for (Index r = 0; r < count_; ++r) {
    T* const row = logits.row(r);
    for (Index j = 0; j < seen_[static_cast<std::size_t>(r)]; ++j) {
      if (!allowed(sequence_->first_query + first_ + r,
                   sequence_->first_key + sequence_->position(keys.first() + j))) {
        row[j] = kMasked;
      }
    }
  }
}

template ExactCall<float> exact_call<float>(const std::string&, const Kernel&,
                                            const AttentionInputs<float>&, const AttentionOptions&,
                                            TensorView<const float, 4>);
template ExactCall<double> exact_call<double>(const std::string&, const Kernel&,
                                              const AttentionInputs<double>&,
                                              const AttentionOptions&, TensorView<const double, 4>);
template void ExactKernel::transform_gradient<float>(const Matrix<float>&, MatrixView<float>) const;
template void ExactKernel::transform_gradient<double>(const Matrix<double>&,
                                                      MatrixView<double>) const;
template class ExactKeys<float>;
template class ExactKeys<double>;
template class ExactQueries<float>;
template class ExactQueries<double>;

}  // namespace bochner
