// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

TEST_CASE("states of few keys, or of none, can be loaded", "[attention][state]") {
  // Below 64 keys no feature of the closed chunks has mass.
  for (const Index length : {0, 1, 63, 64, 65}) {
    CAPTURE(length);
    const FeatureMap<float> map(map_spec(4, 8, HyperbolicFeatures{}));
    const Qkv<float> x = normal_qkv<float>({2, 1, 1, length, length, 4, 3}, 41);
    AttentionState<float> state(map, 2, 1, 3);
    state.append(x.k.view(), x.v.view());
    AttentionState<float> loaded = AttentionState<float>::load(map, state.save());
    CHECK(loaded.length() == length);
    const Qkv<float> next = normal_qkv<float>({2, 1, 1, 70, 70, 4, 3}, 42);
    Tensor<float> expected = next.output();
    Tensor<float> out = next.output();
    state.advance(next.inputs(), expected.view());
    loaded.advance(next.inputs(), out.view());
    CHECK(same_bits(out, expected));
  }
}

TEST_CASE("whole numbers beyond 32 bits are refused", "[attention][state]") {
  const FeatureMap<float> map(map_spec(2, 2, PositiveFeatures{}));
  const Archive archive = AttentionState<float>(map, 1, 1, 1).save();
  for (const double wrong : {-0x1p31 - 1.0, 0x1p31, 0.5}) {
    Archive damaged = archive;
    std::get<Matrix<double>>(damaged.arrays.at("exponent"))(0, 0) = wrong;
    CHECK_THROWS_WITH(AttentionState<float>::load(map, damaged), Contains("32 bits"));
  }
}
