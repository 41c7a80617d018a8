// SPDX-License-Identifier: Apache-2.0
//
// Gradients against the dense formula: all L x S weights from the features, no chunks, no states.
#include "dense_features.hpp"

#include <bochner/client/attention/gradient.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

/// d_phi_q = (W' o mask) phi_k, d_phi_k its transpose, dv = (A)^T dout with
/// W'_ij = (dout_i . v_j - dout_i . o_i) / D_i and A_ij = w_ij / D_i.
Qkv<double> dense_gradient(const FeatureMap<double>& map, const Qkv<double>& x,
                           const Tensor<double>& dout,
                           const std::function<bool(Index, Index, Index)>& sees) {
  const auto [batch, heads, queries, dim] = x.q.extents;
  const Index keys = x.k.extents[2];
  const Index value_dim = x.v.extents[3];
  const Index share = heads / x.k.extents[1];
  Qkv<double> d{Tensor<double>(batch, heads, queries, dim),
                Tensor<double>(batch, x.k.extents[1], keys, dim),
                Tensor<double>(batch, x.k.extents[1], keys, value_dim)};
  for (Index b = 0; b < batch; ++b) {
    for (Index g = 0; g < x.k.extents[1]; ++g) {
      const Features phi_k(map, Side::key, head(x.k, b, g));
      Matrix<double> dphi_k(keys, map.num_features());
      for (Index h = g * share; h < (g + 1) * share; ++h) {
        const Features phi_q(map, Side::query, head(x.q, b, h));
        Matrix<double> dphi_q(queries, map.num_features());
        for (Index i = 0; i < queries; ++i) {
          std::vector<double> weight(static_cast<std::size_t>(keys));
          double normaliser = 0.0;
          double along = 0.0;  // dout_i . o_i
          for (Index j = 0; j < keys; ++j) {
            if (!sees(b, i, j)) continue;
            double& w = weight[static_cast<std::size_t>(j)];
            for (Index f = 0; f < dphi_q.cols(); ++f) w += phi_q.phi(i, f) * phi_k.phi(j, f);
            normaliser += w;
            for (Index c = 0; c < value_dim; ++c) along += dout(b, h, i, c) * w * x.v(b, g, j, c);
          }
          if (normaliser == 0.0) continue;
          along /= normaliser;
          for (Index j = 0; j < keys; ++j) {
            if (!sees(b, i, j)) continue;
            double slope = -along;
            for (Index c = 0; c < value_dim; ++c) {
              slope += dout(b, h, i, c) * x.v(b, g, j, c);
              d.v(b, g, j, c) +=
                  dout(b, h, i, c) * weight[static_cast<std::size_t>(j)] / normaliser;
            }
            slope /= normaliser;
            for (Index f = 0; f < dphi_q.cols(); ++f) {
              dphi_q(i, f) += slope * phi_k.phi(j, f);
              dphi_k(j, f) += slope * phi_q.phi(i, f);
            }
          }
        }
        phi_q.pull(map, Side::query, head(x.q, b, h), std::move(dphi_q), &d.q(b, h, 0, 0));
      }
      phi_k.pull(map, Side::key, head(x.k, b, g), std::move(dphi_k), &d.k(b, g, 0, 0));
    }
  }
  return d;
}

}  // namespace

TEST_CASE("gradients of attention are those of the dense formula", "[attention][gradient]") {
  // Lengths around the chunk of 64 keys, so that cuts fall everywhere.
  for (const Index length : {1, 3, 63, 64, 65, 130}) {
    std::vector<char> live(static_cast<std::size_t>(2 * length));
    const Stream stream(Seed{4}, Purpose::study);
    for (std::size_t i = 0; i < live.size(); ++i) live[i] = stream.uniform(i) < 0.6 ? 1 : 0;
    const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 2, length);
    const std::vector<Index> packed{0, length / 3, length / 3, length};
    const auto pack = [&](Index i) { return i < length / 3 ? 0 : 1; };
    for (const FeatureFunction& features : some_features()) {
      CAPTURE(to_text(features), length);
      const FeatureMap<double> map(map_spec(3, 24, features, SoftmaxKernel{0.5}));
      const Qkv<double> x = normal_qkv<double>({2, 4, 2, length, length, 3, 2}, 31, 0.5);
      const Qkv<double> one = normal_qkv<double>({1, 2, 1, length, length, 3, 2}, 32, 0.5);
      const auto check = [&](const Qkv<double>& inputs, const AttentionOptions& options,
                             const std::function<bool(Index, Index, Index)>& sees) {
        const Tensor<double> dout =
            normal_tensor<double>(inputs.q.extents[0], inputs.q.extents[1], length, 2, 991);
        Tensor<double> out = inputs.output();
        attention<double>(map, inputs.inputs(), out.view(), options);
        Qkv<double> d = inputs;
        attention_gradient<double>(map, inputs.inputs(), std::as_const(out).view(), dout.view(),
                                   {d.q.view(), d.k.view(), d.v.view()}, options);
        const Qkv<double> dense = dense_gradient(map, inputs, dout, sees);
        const double size = 1.0 + largest(dense.q) + largest(dense.k) + largest(dense.v);
        CHECK(largest_difference(d.q, dense.q) <= 1e-10 * size);
        CHECK(largest_difference(d.k, dense.k) <= 1e-10 * size);
        CHECK(largest_difference(d.v, dense.v) <= 1e-10 * size);
      };
      for (const Mask kind : {Mask::none, Mask::causal}) {
        const auto causal = [&](Index i, Index j) { return kind == Mask::none || j <= i; };
        check(x, {.mask = kind}, [&](Index, Index i, Index j) { return causal(i, j); });
        check(x, {.mask = kind, .key_mask = mask},
              [&](Index b, Index i, Index j) { return mask(b, j) && causal(i, j); });
        check(one, {.mask = kind, .cu_seqlens = packed},
              [&](Index, Index i, Index j) { return pack(i) == pack(j) && causal(i, j); });
      }
      const Index offset = length / 2;
      check(x, {.mask = Mask::causal, .query_offset = offset},
            [&](Index, Index i, Index j) { return j <= i + offset; });
    }
  }
}
