// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>

#include "feature_map/block.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

/// \file
/// Attention written down from its definition, and tensors to try it on.

namespace bochner::testing {

/// A batch x heads x length x dim tensor that owns its elements.
template <class T>
struct Tensor {
  std::array<Index, 4> extents{};
  std::vector<T> elements;

  Tensor() = default;
  Tensor(Index batch, Index heads, Index length, Index dim)
      : extents{batch, heads, length, dim},
        elements(static_cast<std::size_t>(batch * heads * length * dim)) {}

  TensorView<T, 4> view() { return {elements.data(), extents}; }
  TensorView<const T, 4> view() const { return {elements.data(), extents}; }
  T& operator()(Index b, Index h, Index i, Index k) {
    return elements[static_cast<std::size_t>(((b * extents[1] + h) * extents[2] + i) * extents[3] +
                                             k)];
  }
  const T& operator()(Index b, Index h, Index i, Index k) const {
    return const_cast<Tensor&>(*this)(b, h, i, k);
  }
};

template <class T>
Tensor<T> normal_tensor(Index batch, Index heads, Index length, Index dim, std::uint64_t seed,
                        double size = 1.0) {
  Tensor<T> x(batch, heads, length, dim);
  const Stream stream(Seed{seed}, Purpose::study);
  for (std::size_t i = 0; i < x.elements.size(); ++i) {
    x.elements[i] = static_cast<T>(size * stream.normal(i));
  }
  return x;
}

/// Queries, keys and values.
template <class T>
struct Qkv {
  Tensor<T> q;
  Tensor<T> k;
  Tensor<T> v;

  AttentionInputs<T> inputs() const { return {q.view(), k.view(), v.view()}; }
  Tensor<T> output() const {
    return Tensor<T>(q.extents[0], q.extents[1], q.extents[2], v.extents[3]);
  }
};

struct Shape {
  Index batch = 1;
  Index heads = 1;
  Index key_heads = 1;
  Index queries = 1;
  Index keys = 1;
  Index dim = 4;
  Index value_dim = 3;
};

template <class T>
Qkv<T> normal_qkv(const Shape& s, std::uint64_t seed, double size = 1.0) {
  return {normal_tensor<T>(s.batch, s.heads, s.queries, s.dim, 3 * seed, size),
          normal_tensor<T>(s.batch, s.key_heads, s.keys, s.dim, 3 * seed + 1, size),
          normal_tensor<T>(s.batch, s.key_heads, s.keys, s.value_dim, 3 * seed + 2)};
}

/// Features of one row as numbers with exponents of their own: value_j 2^exponent_j.
struct Feature {
  long double value;
  long double exponent;
};

template <class T>
std::vector<Feature> features_of(const FeatureMap<T>& map, Side side, const T* x) {
  const BlockMap<T>& blocks = map.blocks();
  feature_map::BlockWorkspace<T> workspace(blocks);
  Matrix<T> phi(1, blocks.ld());
  const MatrixView<const T> row(x, 1, blocks.input_dim());
  std::vector<Feature> out;
  if (blocks.exponential()) {
    double offset = 0.0;
    blocks.log_features(side, row, phi.data(), &offset, workspace);
    for (Index j = 0; j < blocks.num_features(); ++j) {
      out.push_back({1.0L, static_cast<long double>(phi(0, j)) + static_cast<long double>(offset)});
    }
  } else {
    std::int32_t exponent = 0;
    blocks.features(side, row, phi.data(), &exponent, workspace);
    for (Index j = 0; j < blocks.num_features(); ++j) {
      out.push_back({static_cast<long double>(phi(0, j)), static_cast<long double>(exponent)});
    }
  }
  return out;
}

/// out_i = sum_j phi(q_i).phi(k_j) v_j / sum_j phi(q_i).phi(k_j) over the keys with sees(b, i, j),
/// in long double from the features of T, by a sum over pairs with one exponent per row; zeros
/// where there is no key.
template <class T>
Tensor<double> reference_attention(const FeatureMap<T>& map, const Qkv<T>& x,
                                   const std::function<bool(Index, Index, Index)>& sees) {
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
        long double top = -std::numeric_limits<long double>::infinity();
        for (Index j = 0; j < keys; ++j) {
          if (!sees(b, i, j)) continue;
          for (std::size_t f = 0; f < phi_q.size(); ++f) {
            const long double e =
                phi_q[f].exponent + phi_k[static_cast<std::size_t>(j)][f].exponent;
            top = std::max(top, e);
          }
        }
        long double normaliser = 0;
        std::vector<long double> numerator(static_cast<std::size_t>(value_dim));
        for (Index j = 0; j < keys; ++j) {
          if (!sees(b, i, j)) continue;
          long double weight = 0;
          for (std::size_t f = 0; f < phi_q.size(); ++f) {
            const Feature& key = phi_k[static_cast<std::size_t>(j)][f];
            weight += phi_q[f].value * key.value * exp2l(phi_q[f].exponent + key.exponent - top);
          }
          normaliser += weight;
          for (Index c = 0; c < value_dim; ++c) {
            numerator[static_cast<std::size_t>(c)] +=
                weight * static_cast<long double>(x.v(b, h / share, j, c));
          }
        }
        for (Index c = 0; c < value_dim; ++c) {
          const long double value = numerator[static_cast<std::size_t>(c)];
          out(b, h, i, c) = normaliser == 0 ? 0.0 : static_cast<double>(value / normaliser);
        }
      }
    }
  }
  return out;
}

template <class A, class B>
double largest_difference(const Tensor<A>& a, const Tensor<B>& b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.elements.size(); ++i) {
    const double difference =
        std::abs(static_cast<double>(a.elements[i]) - static_cast<double>(b.elements[i]));
    if (!(difference <= largest)) largest = difference;  // a NaN is large
  }
  return largest;
}

template <class T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.extents == b.extents &&
         std::equal(a.elements.begin(), a.elements.end(), b.elements.begin(),
                    [](T x, T y) { return std::memcmp(&x, &y, sizeof(T)) == 0; });
}

inline FeatureMapSpec map_spec(Index dim, Index num_frequencies, const FeatureFunction& features,
                               const Kernel& kernel = SoftmaxKernel{}, std::uint64_t seed = 7) {
  return {.input_dim = dim,
          .num_frequencies = num_frequencies,
          .kernel = kernel,
          .projection = OrthogonalProjection{},
          .features = features,
          .seed = {seed},
          .transform = {}};
}

/// Every kind of feature function that attention meets.
inline std::vector<FeatureFunction> some_features() {
  return {PositiveFeatures{},      HyperbolicFeatures{},
          OprfFeatures{-0.1},      HyperbolicOprfFeatures{-0.05},
          TrigonometricFeatures{}, CosineFeatures{}};
}

}  // namespace bochner::testing
