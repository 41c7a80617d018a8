// SPDX-License-Identifier: Apache-2.0
#include "parts.hpp"
#include "reference.hpp"

#include <bochner/client/attention/heads.hpp>
#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

/// Maps of two key heads with frequencies, features and numbers of them of their own.
template <class T>
std::vector<FeatureMap<T>> two_maps() {
  return {FeatureMap<T>(map_spec(5, 20, HyperbolicFeatures{}, SoftmaxKernel{}, 3)),
          FeatureMap<T>(map_spec(5, 12, PositiveFeatures{}, SoftmaxKernel{}, 4))};
}

}  // namespace

TEMPLATE_TEST_CASE("a state with a map per head has the bits of attention with them",
                   "[attention][state][heads]", float, double) {
  using T = TestType;
  const std::vector<FeatureMap<T>> maps = two_maps<T>();
  const Qkv<T> x = normal_qkv<T>({3, 4, 2, 150, 150, 5, 3}, 61);
  Tensor<T> whole = x.output();
  attention<T>(maps, x.inputs(), whole.view(), {.mask = Mask::causal});
  for (const int threads : {1, 3}) {
    AttentionState<T> state(maps, 3, 2, 3);
    Tensor<T> out = x.output();
    Index first = 0;
    for (const Index count : {1, 70, 64, 15}) {
      state.advance(part(x, first, count), part(out, first, count), Execution{threads});
      first += count;
    }
    CHECK(same_bits(out, whole));
    CHECK(state.length() == 150);
    AttentionState<T> appended(maps, 3, 2, 3);
    appended.append(x.k.view(), x.v.view(), Execution{threads});
    Tensor<T> last(3, 4, 1, 3);
    const TensorView<const T, 4> query = part(x.q, 149, 1);
    appended.attend(query, last.view(), Execution{threads});
    Tensor<T> expected(3, 4, 1, 3);
    state.attend(query, expected.view());
    CHECK(same_bits(last, expected));
    // Another map in a head is another output.
    const std::vector<FeatureMap<T>> swapped{maps[0], maps[0]};
    AttentionState<T> wrong(swapped, 3, 2, 3);
    wrong.append(x.k.view(), x.v.view());
    wrong.attend(query, expected.view());
    CHECK_FALSE(same_bits(last, expected));
  }
}

TEMPLATE_TEST_CASE("states with a map per head are saved, selected and merged",
                   "[attention][state][heads]", float, double) {
  using T = TestType;
  const std::vector<FeatureMap<T>> maps = two_maps<T>();
  const Qkv<T> x = normal_qkv<T>({2, 4, 2, 150, 150, 5, 3}, 62);
  AttentionState<T> state(maps, 2, 2, 3);
  state.append(part(x.k, 0, 100), part(x.v, 0, 100));
  const Archive archive = state.save();
  AttentionState<T> loaded = AttentionState<T>::load(maps, archive);
  const std::array<Index, 2> same{0, 1};
  AttentionState<T> selected = state.select(same);
  std::vector<Tensor<T>> outs;
  for (AttentionState<T>* const each : {&state, &loaded, &selected}) {
    outs.push_back(Tensor<T>(2, 4, 50, 3));
    each->advance(part(x, 100, 50), outs.back().view());
  }
  CHECK(same_bits(outs[0], outs[1]));
  CHECK(same_bits(outs[0], outs[2]));

  AttentionState<T> first(maps, 2, 2, 3);
  AttentionState<T> second(maps, 2, 2, 3);
  first.append(part(x.k, 0, 90), part(x.v, 0, 90));
  second.append(part(x.k, 90, 60), part(x.v, 90, 60));
  first.merge(second);
  Tensor<T> merged = x.output();
  Tensor<T> expected = x.output();
  first.attend(x.q.view(), merged.view());
  state.attend(x.q.view(), expected.view());
  CHECK(largest_difference(merged, expected) <= (std::same_as<T, float> ? 1e-5 : 1e-12));
}

TEST_CASE("states of other maps per head are refused", "[attention][state][heads]") {
  const std::vector<FeatureMap<double>> maps = two_maps<double>();
  const Qkv<double> x = normal_qkv<double>({1, 2, 2, 70, 70, 5, 3}, 63);
  AttentionState<double> state(maps, 1, 2, 3);
  state.append(x.k.view(), x.v.view());
  const Archive archive = state.save();
  const std::vector<FeatureMap<double>> swapped{maps[1], maps[0]};
  const std::span<const FeatureMap<double>> one(maps.data(), 1);
  CHECK_THROWS_WITH(AttentionState<double>::load(swapped, archive), Contains("'map_0' is"));
  CHECK_THROWS_WITH(AttentionState<double>::load(one, archive),
                    Contains("AttentionState::load: maps has 1 entries, expected 2 (one per key "
                             "head)"));
  CHECK_THROWS_AS(AttentionState<double>::load(maps[0], archive), InvalidArgument);
  const AttentionState<double> shared(maps[0], 1, 2, 3);
  CHECK_THROWS_AS(AttentionState<double>::load(maps, shared.save()), InvalidArgument);
  AttentionState<double> other(swapped, 1, 2, 3);
  CHECK_THROWS_WITH(state.merge(other), Contains("of another map"));
  CHECK_THROWS_WITH(state.merge(shared), Contains("the other state's maps has 1 entries"));
  CHECK_THROWS_WITH(AttentionState<double>(one, 1, 2, 3),
                    Contains("AttentionState: maps has 1 entries, expected 2"));
  const std::vector<FeatureMap<double>> unequal{
      maps[0], FeatureMap<double>(map_spec(4, 8, PositiveFeatures{}))};
  CHECK_THROWS_WITH(AttentionState<double>(unequal, 1, 2, 3), Contains("input_dim 5 and 4"));
  for (const auto& [key, array] : archive.arrays) {
    Archive without = archive;
    without.arrays.erase(key);
    CHECK_THROWS_AS(AttentionState<double>::load(maps, without), InvalidArgument);
  }
  // One map for one key head is the same state either way.
  AttentionState<double> single(one, 1, 1, 3);
  CHECK(AttentionState<double>::load(maps[0], single.save()).length() == 0);
}
