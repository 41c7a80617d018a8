// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reference.hpp"

#include <numbers>

/// \file
/// Attention that weighs some pairs by the kernel itself, written down from its definition.

namespace bochner::testing {

/// How a pair is weighed.
enum class Weigh { not_at_all, by_features, exactly };

/// The weight of batch entry, head, query, key.
using Weighing = std::function<Weigh(Index, Index, Index, Index)>;

/// log2 k(q, k) of a softmax kernel, or of a Gaussian one with one lengthscale.
template <class T>
long double log2_kernel(const Kernel& kernel, const T* q, const T* k, Index dim) {
  const auto* softmax = std::get_if<SoftmaxKernel>(&kernel);
  long double sum = 0.0L;
  for (Index c = 0; c < dim; ++c) {
    const auto x = static_cast<long double>(q[c]);
    const auto y = static_cast<long double>(k[c]);
    sum += softmax ? x * y : -0.5L * (x - y) * (x - y);
  }
  long double scale = 1.0L;
  if (softmax) {
    scale = softmax->scale;
  } else {
    const long double l = std::get<Isotropic>(std::get<GaussianKernel>(kernel).metric).lengthscale;
    scale = 1.0L / (l * l);
  }
  return std::numbers::log2e_v<long double> * scale * sum;
}

/// sum_j w_ij v_j / sum_j w_ij in long double, the weights being phi(q).phi(k) from the features of
/// T, or k(q, k), times 2^log2_factor(b, h, i, j).
template <class T>
Tensor<double> mixed_reference(
    const FeatureMap<T>& map, const Qkv<T>& x, const Weighing& weighing,
    const std::function<long double(Index, Index, Index, Index)>& log2_factor =
        [](Index, Index, Index, Index) { return 0.0L; }) {
  const auto [batch, heads, queries, dim] = x.q.extents;
  const Index keys = x.k.extents[2];
  const Index value_dim = x.v.extents[3];
  const Index share = heads / x.k.extents[1];
  Tensor<double> out(batch, heads, queries, value_dim);
  for (Index b = 0; b < batch; ++b) {
    for (Index h = 0; h < heads; ++h) {
      std::vector<std::vector<Feature>> phi_k;
      for (Index j = 0; j < keys; ++j) {
        phi_k.push_back(features_of(map, Side::key, &x.k(b, h / share, j, 0)));
      }
      for (Index i = 0; i < queries; ++i) {
        const auto phi_q = features_of(map, Side::query, &x.q(b, h, i, 0));
        std::vector<long double> logs(static_cast<std::size_t>(keys));  // of |weight|
        std::vector<long double> signs(static_cast<std::size_t>(keys));
        long double top = -std::numeric_limits<long double>::infinity();
        for (Index j = 0; j < keys; ++j) {
          const auto at = static_cast<std::size_t>(j);
          const Weigh how = weighing(b, h, i, j);
          if (how == Weigh::not_at_all) continue;
          signs[at] = 1.0L;
          if (how == Weigh::exactly) {
            logs[at] =
                log2_kernel(map.spec().kernel, &x.q(b, h, i, 0), &x.k(b, h / share, j, 0), dim);
          } else {
            long double largest = -std::numeric_limits<long double>::infinity();
            for (std::size_t f = 0; f < phi_q.size(); ++f) {
              largest = std::max(largest, phi_q[f].exponent + phi_k[at][f].exponent);
            }
            long double sum = 0.0L;
            for (std::size_t f = 0; f < phi_q.size(); ++f) {
              sum += phi_q[f].value * phi_k[at][f].value *
                     exp2l(phi_q[f].exponent + phi_k[at][f].exponent - largest);
            }
            logs[at] = largest + log2l(fabsl(sum));
            signs[at] = sum < 0.0L ? -1.0L : 1.0L;
          }
          logs[at] += log2_factor(b, h, i, j);
          top = std::max(top, logs[at]);
        }
        long double normaliser = 0.0L;
        std::vector<long double> numerator(static_cast<std::size_t>(value_dim));
        for (Index j = 0; j < keys; ++j) {
          const auto at = static_cast<std::size_t>(j);
          if (signs[at] == 0.0L) continue;
          const long double weight = signs[at] * exp2l(logs[at] - top);
          normaliser += weight;
          for (Index c = 0; c < value_dim; ++c) {
            numerator[static_cast<std::size_t>(c)] +=
                weight * static_cast<long double>(x.v(b, h / share, j, c));
          }
        }
        for (Index c = 0; c < value_dim; ++c) {
          const long double sum = numerator[static_cast<std::size_t>(c)];
          out(b, h, i, c) = normaliser == 0.0L ? 0.0 : static_cast<double>(sum / normaliser);
        }
      }
    }
  }
  return out;
}

}  // namespace bochner::testing
