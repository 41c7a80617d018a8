// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/heads.hpp>

#include <catch2/catch.hpp>

#include <set>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

TEST_CASE("every layer and head of every redraw has a seed of its own", "[attention][heads]") {
  const auto seeds = [](const auto& seed_of) {
    std::set<std::uint64_t> all;
    for (std::uint64_t redraw = 0; redraw < 4; ++redraw) {
      for (Index layer = 0; layer < 24; ++layer) {
        for (Index head = 0; head < 32; ++head) all.insert(seed_of(redraw, layer, head));
      }
    }
    return all.size();
  };
  const std::size_t count = 4 * 24 * 32;
  CHECK(seeds([](std::uint64_t redraw, Index layer, Index head) {
          return HeadSpecs(map_spec(4, 8, PositiveFeatures{}, SoftmaxKernel{}, 7 + redraw))(layer,
                                                                                            head)
              .seed.value;
        }) == count);
  // The wrong variant: with seed + head, head 1 is the redraw of head 0.
  CHECK(seeds([](std::uint64_t redraw, Index layer, Index head) {
          return 7 + redraw + static_cast<std::uint64_t>(32 * layer + head);
        }) < count);
}

TEST_CASE("specs of heads depend on the seed and on nothing else", "[attention][heads]") {
  const HeadSpecs specs(map_spec(4, 8, PositiveFeatures{}));
  const FeatureMapSpec spec = specs(3, 5);
  CHECK(spec == HeadSpecs(specs.base())(3, 5));
  FeatureMapSpec same = spec;
  same.seed = specs.base().seed;
  CHECK(same == specs.base());
  CHECK(specs(0, 1) != specs(1, 0));
  CHECK_THROWS_WITH(specs(-1, 0), Contains("layer is -1"));
  CHECK_THROWS_WITH(specs(0, -2), Contains("head is -2"));
  CHECK_THROWS_WITH(head_maps<float>(specs, 0, -1), Contains("heads is -1"));
  CHECK_THROWS_AS(HeadSpecs(FeatureMapSpec{}), InvalidArgument);
}

TEST_CASE("heads attend through their own maps, forward and backward", "[attention][heads]") {
  const HeadSpecs specs(map_spec(4, 12, HyperbolicFeatures{}));
  const std::vector<FeatureMap<double>> maps = head_maps<double>(specs, 2, 2);
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 70, 70, 4, 3}, 51, 0.7);
  const Tensor<double> dout = normal_tensor<double>(2, 4, 70, 3, 52);
  const AttentionOptions options{.mask = Mask::causal};
  Tensor<double> out = x.output();
  const AttentionReport report =
      attention<double>(maps, x.inputs(), out.view(), options, Execution{2});
  CHECK(report.arithmetic == "double");
  Qkv<double> d = x;
  attention_gradient<double>(maps, x.inputs(), std::as_const(out).view(), dout.view(),
                             {d.q.view(), d.k.view(), d.v.view()}, options);
  for (Index g = 0; g < 2; ++g) {
    Tensor<double> alone = x.output();
    attention<double>(maps[static_cast<std::size_t>(g)], x.inputs(), alone.view(), options);
    Qkv<double> d_alone = x;
    attention_gradient<double>(maps[static_cast<std::size_t>(g)], x.inputs(),
                               std::as_const(alone).view(), dout.view(),
                               {d_alone.q.view(), d_alone.k.view(), d_alone.v.view()}, options);
    for (Index b = 0; b < 2; ++b) {
      for (Index i = 0; i < 70; ++i) {
        for (Index h = 2 * g; h < 2 * g + 2; ++h) {
          for (Index c = 0; c < 3; ++c) CHECK(out(b, h, i, c) == alone(b, h, i, c));
          for (Index c = 0; c < 4; ++c) CHECK(d.q(b, h, i, c) == d_alone.q(b, h, i, c));
        }
        for (Index c = 0; c < 4; ++c) CHECK(d.k(b, g, i, c) == d_alone.k(b, g, i, c));
        for (Index c = 0; c < 3; ++c) CHECK(d.v(b, g, i, c) == d_alone.v(b, g, i, c));
      }
    }
  }
  CHECK_THROWS_WITH(attention<double>(std::span(maps).first(1), x.inputs(), out.view(), options),
                    Contains("maps has 1 entries, expected 2 (one per key head)"));
}
