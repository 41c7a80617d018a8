// SPDX-License-Identifier: Apache-2.0
//
// Mistakes of public implementations that no other test here has as a twin.
#include "reference.hpp"

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

/// Causal attention in float with features stabilised by their maxima over all keys.
Tensor<float> stabilised_over_all_keys(const FeatureMap<float>& map, const Qkv<float>& x) {
  const Index length = x.k.extents[2];
  std::vector<std::vector<Feature>> keys;
  for (Index j = 0; j < length; ++j) {
    keys.push_back(features_of(map, Side::key, &x.k(0, 0, j, 0)));
  }
  std::vector<long double> top(keys.front().size(), -1e300L);
  for (const auto& key : keys) {
    for (std::size_t f = 0; f < top.size(); ++f) top[f] = std::max(top[f], key[f].exponent);
  }
  Tensor<float> out = x.output();
  for (Index i = 0; i < length; ++i) {
    const auto query = features_of(map, Side::query, &x.q(0, 0, i, 0));
    long double best = -1e300L;
    for (std::size_t f = 0; f < top.size(); ++f) best = std::max(best, query[f].exponent + top[f]);
    float normaliser = 0.0F;
    float numerator = 0.0F;
    for (Index j = 0; j <= i; ++j) {
      for (std::size_t f = 0; f < top.size(); ++f) {
        const auto weight =
            static_cast<float>(exp2l(query[f].exponent + top[f] - best)) *
            static_cast<float>(exp2l(keys[static_cast<std::size_t>(j)][f].exponent - top[f]));
        normaliser += weight;
        numerator += weight * x.v(0, 0, j, 0);
      }
    }
    out(0, 0, i, 0) = numerator / normaliser;
  }
  return out;
}

}  // namespace

TEST_CASE("a stabiliser over all keys would lose the early rows", "[attention][mistakes]") {
  const FeatureMap<float> map(map_spec(16, 64, PositiveFeatures{}));
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 64, 64, 16, 1}, 81, 1.0);
  for (Index j = 0; j < 32; ++j) {  // long keys have tiny features
    for (Index c = 0; c < 16; ++c) x.k(0, 0, j, c) *= 12.0F;
  }
  Tensor<float> out = x.output();
  attention<float>(map, x.inputs(), out.view(), {.mask = Mask::causal});
  const auto causally = [](Index, Index i, Index j) { return j <= i; };
  CHECK(largest_difference(out, reference_attention(map, x, causally)) <= 1e-5);
  const Tensor<float> wrong = stabilised_over_all_keys(map, x);
  Index lost = 0;
  for (Index i = 0; i < 64; ++i) lost += std::isfinite(wrong(0, 0, i, 0)) ? 0 : 1;
  CHECK(lost > 8);
}

TEST_CASE("an epsilon in the features would show", "[attention][mistakes]") {
  const FeatureMap<double> map(map_spec(16, 64, PositiveFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 8, 64, 16, 1}, 82, 2.0);
  Tensor<double> out = x.output();
  attention<double>(map, x.inputs(), out.view());
  const auto with_epsilon = [&](Index i, long double epsilon) {
    long double normaliser = 0;
    long double numerator = 0;
    const auto query = features_of(map, Side::query, &x.q(0, 0, i, 0));
    for (Index j = 0; j < 64; ++j) {
      const auto key = features_of(map, Side::key, &x.k(0, 0, j, 0));
      for (std::size_t f = 0; f < key.size(); ++f) {
        const long double weight =
            (exp2l(query[f].exponent) + epsilon) * (exp2l(key[f].exponent) + epsilon);
        normaliser += weight;
        numerator += weight * static_cast<long double>(x.v(0, 0, j, 0));
      }
    }
    return static_cast<double>(numerator / normaliser);
  };
  double change = 0.0;
  for (Index i = 0; i < 8; ++i) {
    CHECK(out(0, 0, i, 0) == Approx(with_epsilon(i, 0.0L)).epsilon(1e-11));
    change = std::max(change, std::abs(with_epsilon(i, 1e-4L) - out(0, 0, i, 0)));
  }
  CHECK(change > 0.1);
}

TEST_CASE("frequencies drawn from the data would show", "[attention][mistakes]") {
  // The wrong variant of public code: the seed is a hash of the queries at hand, so that a batch
  // entry depends on its neighbours and a decoded token has other frequencies than the prompt.
  const auto seeded_by = [](const Qkv<double>& x) {
    double sum = 0.0;
    for (const double q : x.q.elements) sum += std::abs(q);
    return FeatureMap<double>(map_spec(8, 32, HyperbolicFeatures{}, SoftmaxKernel{0.3},
                                       static_cast<std::uint64_t>(1e6 * sum)));
  };
  const FeatureMap<double> map(map_spec(8, 32, HyperbolicFeatures{}, SoftmaxKernel{0.3}));
  const Qkv<double> x = normal_qkv<double>({2, 1, 1, 30, 30, 8, 2}, 84);
  Qkv<double> neighbour = x;
  for (Index i = 0; i < 30; ++i) neighbour.q(1, 0, i, 0) += 1.0;
  const auto change = [&](const FeatureMap<double>& before, const FeatureMap<double>& after) {
    Tensor<double> a = x.output();
    Tensor<double> b = x.output();
    attention<double>(before, x.inputs(), a.view(), {.mask = Mask::causal});
    attention<double>(after, neighbour.inputs(), b.view(), {.mask = Mask::causal});
    double largest = 0.0;
    for (Index i = 0; i < 30; ++i) {
      largest = std::max(largest, std::abs(a(0, 0, i, 0) - b(0, 0, i, 0)));
    }
    return largest;
  };
  CHECK(change(map, map) == 0.0);
  CHECK(change(seeded_by(x), seeded_by(neighbour)) > 1e-2);
}

TEST_CASE("small and degenerate shapes have answers", "[attention][mistakes]") {
  for (const FeatureFunction& features : some_features()) {
    for (const Index d : {1, 3}) {
      const FeatureMap<float> map(map_spec(d, 8, features));
      for (const Index queries : {0, 1, 2}) {
        for (const Index keys : {0, 1, 2}) {
          for (const Mask mask : {Mask::none, Mask::causal}) {
            CAPTURE(to_text(features), d, queries, keys, mask == Mask::causal);
            const Qkv<float> x = normal_qkv<float>({1, 2, 1, queries, keys, d, 2}, 83, 0.3);
            Tensor<float> out = x.output();
            const AttentionReport report =
                attention<float>(map, x.inputs(), out.view(), {.mask = mask});
            CHECK(report.empty_rows == (keys == 0 ? 2 * queries : 0));
            for (Index h = 0; h < 2 && queries > 0; ++h) {
              for (Index c = 0; c < 2; ++c) {
                if (keys == 0) CHECK(out(0, h, 0, c) == 0.0F);
                if (keys == 1) CHECK(double{out(0, h, 0, c)} == Approx(x.v(0, 0, 0, c)));
              }
            }
          }
        }
      }
    }
  }
}
