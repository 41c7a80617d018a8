// SPDX-License-Identifier: Apache-2.0
//
// Weights that decay with distance.
#include "mixed_reference.hpp"

#include <bochner/client/attention/error.hpp>
#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/heads.hpp>
#include <bochner/client/attention/matrix.hpp>

#include <catch2/catch.hpp>

#include <numbers>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

template <class T>
Tensor<T> run(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionOptions& options,
              int threads = 1) {
  Tensor<T> out = x.output();
  attention<T>(map, x.inputs(), out.view(), options, Execution{threads});
  return out;
}

/// Of two query heads for each key head.
std::function<long double(Index, Index, Index, Index)> factor_of(const AttentionOptions& options) {
  return [&options](Index, Index h, Index i, Index j) {
    const long double rate = options.decay[static_cast<std::size_t>(h / 2)];
    return -std::numbers::log2e_v<long double> * rate *
           static_cast<long double>(i + options.query_offset - j);
  };
}

template <class T>
double tolerance(const FeatureFunction& features) {
  const bool is_signed = std::holds_alternative<TrigonometricFeatures>(features) ||
                         std::holds_alternative<CosineFeatures>(features);
  const double unit = std::is_same_v<T, float> ? 6e-6 : 3e-14;
  return is_signed ? 1e4 * unit : unit;
}

}  // namespace

TEMPLATE_TEST_CASE("weights decay with distance, near and far", "[attention]", float, double) {
  using T = TestType;
  const std::vector<std::vector<double>> rates{{0.0, 0.02}, {0.5, 0.1}, {3.0, 50.0}};
  const std::vector<ExactPairs> pairs{
      {}, {.window = 10}, {.window = 30, .first_keys = 3}, {.first_keys = 70}};
  for (const FeatureFunction& features : some_features()) {
    const FeatureMap<T> map(map_spec(4, 16, features));
    const Qkv<T> x = normal_qkv<T>({1, 4, 2, 100, 150, 4, 3}, 1, 0.6);
    for (const auto& decay : rates) {
      for (const Index offset : {Index{0}, Index{50}, Index{-20}}) {
        for (const ExactPairs& exact : pairs) {
          const AttentionOptions options{
              .mask = Mask::causal, .query_offset = offset, .decay = decay, .exact = exact};
          const auto weighing = [&](Index, Index, Index i, Index j) {
            const Index distance = i + offset - j;
            if (distance < 0) return Weigh::not_at_all;
            return distance < exact.window || j < exact.first_keys ? Weigh::exactly
                                                                   : Weigh::by_features;
          };
          CAPTURE(to_text(features), decay, offset, exact.window, exact.first_keys);
          const Tensor<T> out = run(map, x, options);
          // Rounding of rate times position, in double.
          const double positions = 200.0 * decay.back() * 0x1p-53;
          CHECK(largest_difference(out, mixed_reference(map, x, weighing, factor_of(options))) <=
                tolerance<T>(features) + positions);
          CHECK(same_bits(run(map, x, options, 2), out));
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("decay is ALiBi's bias", "[attention]", float, double) {
  using T = TestType;
  const Qkv<T> x = normal_qkv<T>({2, 4, 4, 130, 130, 4, 3}, 2);
  const std::vector<double> decay = alibi_slopes(4);
  std::vector<T> bias(static_cast<std::size_t>(4 * 130 * 130));
  for (Index h = 0; h < 4; ++h) {
    for (Index i = 0; i < 130; ++i) {
      for (Index j = 0; j < 130; ++j) {
        bias[static_cast<std::size_t>((h * 130 + i) * 130 + j)] =
            static_cast<T>(-decay[static_cast<std::size_t>(h)] * static_cast<double>(i - j));
      }
    }
  }
  const TensorView<const T, 4> view(bias.data(), {2, 4, 130, 130}, {0, 130 * 130, 130, 1});
  Tensor<T> by_decay = x.output();
  Tensor<T> by_bias = x.output();
  for (const Kernel& kernel : {Kernel(SoftmaxKernel{}), Kernel(GaussianKernel{Isotropic{1.0}})}) {
    exact_attention<T>(kernel, x.inputs(), by_decay.view(), {.mask = Mask::causal, .decay = decay});
    exact_attention<T>(kernel, x.inputs(), by_bias.view(), {.mask = Mask::causal}, view);
    CHECK(largest_difference(by_decay, by_bias) <= (std::is_same_v<T, float> ? 5e-6 : 1e-14));
  }
}

TEST_CASE("decay with masked keys, packed sequences and maps per head", "[attention]") {
  const std::vector<double> decay{0.3, 0.05};
  const Qkv<double> x = normal_qkv<double>({1, 4, 2, 150, 150, 4, 3}, 3, 0.7);
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  std::vector<char> live(150, 1);
  for (std::size_t j = 0; j < 150; ++j) live[j] = j % 4 != 2 && (j < 30 || j > 80) ? 1 : 0;
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 1, 150);
  AttentionOptions options{.mask = Mask::causal, .key_mask = mask, .decay = decay};
  const auto masked = [&](Index b, Index, Index i, Index j) {
    return mask(b, j) && j <= i ? Weigh::by_features : Weigh::not_at_all;
  };
  CHECK(largest_difference(run(map, x, options),
                           mixed_reference(map, x, masked, factor_of(options))) <= 3e-14);
  const std::vector<Index> bounds{0, 70, 150};
  options.key_mask = {};
  options.cu_seqlens = bounds;
  const auto packed = [&](Index, Index, Index i, Index j) {
    return (i < 70) == (j < 70) && j <= i ? Weigh::by_features : Weigh::not_at_all;
  };
  const Tensor<double> out = run(map, x, options);
  CHECK(largest_difference(out, mixed_reference(map, x, packed, factor_of(options))) <= 3e-14);
  const std::vector<FeatureMap<double>> maps{map, map};
  Tensor<double> by_heads = x.output();
  attention<double>(maps, x.inputs(), by_heads.view(), options);
  CHECK(same_bits(by_heads, out));
  Tensor<double> error = x.output();
  Tensor<double> with_error = x.output();
  attention_with_error<double>(map, x.inputs(), with_error.view(), error.view(), options);
  CHECK(same_bits(with_error, out));
}

TEST_CASE("rows of weights decay, too", "[attention]") {
  const std::vector<double> decay{0.3};
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 90, 90, 4, 3}, 4, 0.7);
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  const AttentionOptions options{.mask = Mask::causal, .decay = decay};
  const std::vector<AttentionRow> rows{{0, 0, 5}, {0, 0, 89}};
  Matrix<double> weights(2, 90);
  const Tensor<double> out = run(map, x, options);
  Tensor<double> exact = x.output();
  exact_attention<double>(SoftmaxKernel{}, x.inputs(), exact.view(), options);
  const auto check = [&](const Tensor<double>& expected) {
    for (Index r = 0; r < 2; ++r) {
      for (Index c = 0; c < 3; ++c) {
        double sum = 0.0;
        for (Index j = 0; j < 90; ++j) sum += weights(r, j) * x.v(0, 0, j, c);
        CHECK(std::abs(sum - expected(0, 0, rows[static_cast<std::size_t>(r)].query, c)) <= 1e-13);
      }
    }
  };
  attention_rows<double>(map, x.q.view(), x.k.view(), rows, weights.view(), options);
  check(out);
  exact_attention_rows<double>(SoftmaxKernel{}, x.q.view(), x.k.view(), rows, weights.view(),
                               options);
  check(exact);
}

TEST_CASE("gradients with decay are those of finite differences", "[attention]") {
  const std::vector<double> decay{0.2, 1.5};
  const Qkv<double> x = normal_qkv<double>({1, 4, 2, 90, 90, 4, 3}, 5, 0.6);
  const Qkv<double> direction = normal_qkv<double>({1, 4, 2, 90, 90, 4, 3}, 6);
  const Tensor<double> slope = normal_tensor<double>(1, 4, 90, 3, 7);
  const auto product = [](const Tensor<double>& a, const Tensor<double>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.elements.size(); ++i) sum += a.elements[i] * b.elements[i];
    return sum;
  };
  for (const FeatureFunction& features :
       {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<double> map(map_spec(4, 16, features));
    for (const ExactPairs& exact :
         {ExactPairs{}, ExactPairs{.window = 8, .first_keys = 2}, ExactPairs{.window = 90}}) {
      const AttentionOptions options{.mask = Mask::causal, .decay = decay, .exact = exact};
      const Tensor<double> out = run(map, x, options);
      Qkv<double> d = x;
      attention_gradient<double>(map, x.inputs(), out.view(), slope.view(),
                                 {d.q.view(), d.k.view(), d.v.view()}, options);
      for (const auto part : {&Qkv<double>::q, &Qkv<double>::k, &Qkv<double>::v}) {
        constexpr double kStep = 1e-5;
        const auto at = [&](double step) {
          Qkv<double> y = x;
          for (std::size_t i = 0; i < (y.*part).elements.size(); ++i) {
            (y.*part).elements[i] += step * (direction.*part).elements[i];
          }
          return product(run(map, y, options), slope);
        };
        const double expected = (at(kStep) - at(-kStep)) / (2.0 * kStep);
        CAPTURE(to_text(features), exact.window, expected);
        CHECK(std::abs(product(d.*part, direction.*part) - expected) <=
              1e-5 * (1.0 + std::abs(expected)));
      }
    }
  }
}

TEST_CASE("no decay changes no bit, and wrong ones are refused", "[attention][bad]") {
  const Qkv<float> x = normal_qkv<float>({1, 2, 2, 90, 90, 4, 3}, 5);
  const FeatureMap<float> map(map_spec(4, 16, HyperbolicFeatures{}));
  const std::vector<double> none{0.0, 0.0};
  CHECK(same_bits(run(map, x, {.mask = Mask::causal, .decay = none}),
                  run(map, x, {.mask = Mask::causal})));
  const auto refused = [&](const AttentionOptions& options, const std::string& words) {
    CHECK_THROWS_WITH(run(map, x, options), Contains(words));
  };
  const std::vector<double> three{0.0, 0.0, 0.0};
  const std::vector<double> negative{0.0, -1.0};
  const std::vector<double> huge{0.0, 1e7};
  const std::vector<double> nan{std::numeric_limits<double>::quiet_NaN(), 0.0};
  refused({.decay = none}, "decay is given without a causal mask");
  refused({.mask = Mask::causal, .decay = three}, "decay has 3 entries, expected 2");
  refused({.mask = Mask::causal, .decay = negative}, "decay[1] is -1, expected 0 or more");
  refused({.mask = Mask::causal, .decay = huge}, "at most 2^27 over the length of the keys");
  refused({.mask = Mask::causal, .decay = nan}, "decay[0]");
  refused({.mask = Mask::causal, .decay = none, .exact = {.blocks = {.count = 1}}},
          "together with blocks");
}

TEST_CASE("the slopes of ALiBi", "[attention]") {
  CHECK(alibi_slopes(0).empty());
  const std::vector<double> eight = alibi_slopes(8);
  for (std::size_t k = 0; k < 8; ++k) {
    CHECK(eight[k] == std::exp2(-static_cast<double>(k) - 1.0));
  }
  // Twelve heads: those of eight, and the first, third, fifth and seventh of sixteen.
  const std::vector<double> twelve = alibi_slopes(12);
  REQUIRE(twelve.size() == 12);
  CHECK(std::equal(eight.begin(), eight.end(), twelve.begin()));
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(std::abs(twelve[8 + k] - std::exp2(-0.5 - static_cast<double>(k))) <= 1e-15);
  }
  CHECK_THROWS_WITH(alibi_slopes(-1), Contains("alibi_slopes: heads is -1"));
}
