// SPDX-License-Identifier: Apache-2.0
//
// Gradients of attention that weighs some pairs exactly.
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/gradient.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 4;
constexpr Index kValueDim = 3;

template <class T>
Tensor<T> forward(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionOptions& options) {
  Tensor<T> out = x.output();
  attention<T>(map, x.inputs(), out.view(), options);
  return out;
}

template <class T>
Qkv<T> gradient(const FeatureMap<T>& map, const Qkv<T>& x, const Tensor<T>& slope,
                const AttentionOptions& options, int threads = 1) {
  const Tensor<T> out = forward(map, x, options);
  Qkv<T> d = x;
  attention_gradient<T>(map, x.inputs(), out.view(), slope.view(),
                        {d.q.view(), d.k.view(), d.v.view()}, options, Execution{threads});
  return d;
}

template <class T>
double product(const Tensor<T>& a, const Tensor<T>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.elements.size(); ++i) {
    sum += static_cast<double>(a.elements[i]) * static_cast<double>(b.elements[i]);
  }
  return sum;
}

Tensor<double> moved(const Tensor<double>& x, const Tensor<double>& direction, double step) {
  Tensor<double> y = x;
  for (std::size_t i = 0; i < y.elements.size(); ++i) {
    y.elements[i] += step * direction.elements[i];
  }
  return y;
}

const std::vector<ExactPairs>& some_pairs() {
  static const std::vector<ExactPairs> pairs{{.window = 7},
                                             {.window = 70},
                                             {.window = 5, .first_keys = 3},
                                             {.first_keys = 4},
                                             {.window = 1000}};
  return pairs;
}

}  // namespace

TEST_CASE("gradients with exact pairs are those of finite differences", "[attention]") {
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.3}})}) {
    for (const FeatureFunction& features :
         {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(PositiveFeatures{})}) {
      const FeatureMap<double> map(map_spec(kDim, 12, features, kernel));
      const Qkv<double> x = normal_qkv<double>({2, 2, 1, 90, 90, kDim, kValueDim}, 3, 0.6);
      const Qkv<double> direction = normal_qkv<double>({2, 2, 1, 90, 90, kDim, kValueDim}, 4);
      const Tensor<double> slope = normal_tensor<double>(2, 2, 90, kValueDim, 15);
      const std::vector<Index> lengths{90, 50};
      for (const Mask mask : {Mask::none, Mask::causal}) {
        std::vector<ExactPairs> all = some_pairs();
        if (mask == Mask::none) all.push_back({.window = 3, .heaviest_keys = 6});
        for (const Rest rest : {Rest::features, Rest::none}) {
          for (const ExactPairs& exact : all) {
            const AttentionOptions options{
                .mask = mask, .key_lengths = lengths, .exact = exact, .rest = rest};
            CAPTURE(to_text(map.spec()), mask, rest, exact.window, exact.first_keys,
                    exact.heaviest_keys);
            const Qkv<double> d = gradient(map, x, slope, options);
            constexpr double kStep = 1e-5;
            const auto difference = [&](Tensor<double> Qkv<double>::*part) {
              Qkv<double> above = x;
              Qkv<double> below = x;
              above.*part = moved(x.*part, direction.*part, kStep);
              below.*part = moved(x.*part, direction.*part, -kStep);
              return (product(forward(map, above, options), slope) -
                      product(forward(map, below, options), slope)) /
                     (2.0 * kStep);
            };
            for (const auto part : {&Qkv<double>::q, &Qkv<double>::k, &Qkv<double>::v}) {
              const double expected = difference(part);
              CHECK(std::abs(product(d.*part, direction.*part) - expected) <=
                    1e-6 * (1.0 + std::abs(expected)));
            }
            const Qkv<double> again = gradient(map, x, slope, options, 2);
            CHECK((same_bits(again.q, d.q) && same_bits(again.k, d.k) && same_bits(again.v, d.v)));
          }
        }
      }
    }
  }
}

TEST_CASE("a window over everything has the gradients of exact attention", "[attention]") {
  const FeatureMap<float> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  for (const double size : {0.6, 5.0}) {
    const Qkv<float> x = normal_qkv<float>({1, 2, 2, 300, 300, kDim, kValueDim}, 5, size);
    const Tensor<float> slope = normal_tensor<float>(1, 2, 300, kValueDim, 15);
    for (const Mask mask : {Mask::none, Mask::causal}) {
      const Qkv<float> d = gradient(map, x, slope, {.mask = mask, .exact = {.window = 300}});
      Tensor<float> out = x.output();
      exact_attention<float>(SoftmaxKernel{}, x.inputs(), out.view(), {.mask = mask});
      Qkv<float> e = x;
      exact_attention_gradient<float>(SoftmaxKernel{}, x.inputs(), out.view(), slope.view(),
                                      {e.q.view(), e.k.view(), e.v.view()}, {.mask = mask});
      CHECK(largest_difference(d.q, e.q) <= 3e-5 * size);
      CHECK(largest_difference(d.k, e.k) <= 3e-5 * size);
      CHECK(largest_difference(d.v, e.v) <= 3e-5);
    }
  }
}

TEST_CASE("gradients of wide rows in several passes", "[attention]") {
  // Logits beyond 2^8 are computed in double from differences; a double call has them plain.
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.0}})}) {
    const Qkv<float> x = normal_qkv<float>({1, 1, 1, 80, 80, kDim, kValueDim}, 6, 9.0);
    const Tensor<float> slope = normal_tensor<float>(1, 1, 80, kValueDim, 15);
    const auto as_double = [](const Tensor<float>& from) {
      Tensor<double> to(from.extents[0], from.extents[1], from.extents[2], from.extents[3]);
      std::copy(from.elements.begin(), from.elements.end(), to.elements.begin());
      return to;
    };
    const Qkv<double> y{as_double(x.q), as_double(x.k), as_double(x.v)};
    const AttentionOptions options{.exact = {.window = 6, .first_keys = 30}, .rest = Rest::none};
    const FeatureMapSpec spec = map_spec(kDim, 4, HyperbolicFeatures{}, kernel);
    const Qkv<float> d = gradient(FeatureMap<float>(spec), x, slope, options);
    const Qkv<double> e = gradient(FeatureMap<double>(spec), y, as_double(slope), options);
    CHECK(largest_difference(d.q, e.q) <= 1e-3);
    CHECK(largest_difference(d.k, e.k) <= 1e-3);
    CHECK(largest_difference(d.v, e.v) <= 1e-4);
  }
}

TEST_CASE("gradients of blocks and means are refused", "[attention]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 40, 40, kDim, kValueDim}, 5);
  const Tensor<double> slope = x.output();
  for (const AttentionOptions& options : {AttentionOptions{.exact = {.blocks = {.count = 1}}},
                                          AttentionOptions{.rest = Rest::means}}) {
    CHECK_THROWS_WITH(gradient(map, x, slope, options),
                      Contains("attention_gradient: options ask for blocks of keys"));
  }
}
