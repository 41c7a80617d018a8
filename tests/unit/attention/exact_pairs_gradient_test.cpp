// SPDX-License-Identifier: Apache-2.0
//
// Gradients of attention that weighs some pairs exactly.
#include "finite_differences.hpp"

#include <bochner/client/attention/exact.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 4;
constexpr Index kValueDim = 3;

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
            check_differences(map, x, direction, slope, options, d);
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
