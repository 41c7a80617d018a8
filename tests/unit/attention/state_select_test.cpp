// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kBatch = 3;
constexpr Index kHeads = 2;
constexpr Index kDim = 6;
constexpr Index kValueDim = 3;
constexpr Index kLength = 150;

/// One token a batch entry, from entry entries[i] of `x`.
template <class T>
Tensor<T> tokens_of(const Tensor<T>& x, std::span<const Index> entries, Index position) {
  Tensor<T> out(static_cast<Index>(entries.size()), x.extents[1], 1, x.extents[3]);
  for (std::size_t b = 0; b < entries.size(); ++b) {
    for (Index h = 0; h < x.extents[1]; ++h) {
      for (Index c = 0; c < x.extents[3]; ++c) {
        out(static_cast<Index>(b), h, 0, c) = x(entries[b], h, position, c);
      }
    }
  }
  return out;
}

bool same_archive(const Archive& a, const Archive& b) {
  bool same = a.metadata == b.metadata && a.arrays.size() == b.arrays.size();
  for (const auto& entry : a.arrays) {
    const Archive::Array& other = b.arrays.at(entry.first);
    same = same && std::visit(
                       [&]<class M>(const M& m) {
                         const M& n = std::get<M>(other);
                         return m.size() == n.size() &&
                                std::equal(m.data(), m.data() + m.size(), n.data());
                       },
                       entry.second);
  }
  return same;
}

}  // namespace

TEST_CASE("selected entries go on as their origins would", "[attention][state]") {
  const FeatureMap<float> map(map_spec(kDim, 20, HyperbolicFeatures{}));
  const Qkv<float> x =
      normal_qkv<float>({kBatch, 2 * kHeads, kHeads, kLength, kLength, kDim, kValueDim}, 31);
  AttentionState<float> state(map, kBatch, kHeads, kValueDim);
  Tensor<float> whole = x.output();
  state.advance(x.inputs(), whole.view());
  const Archive before = state.save();
  for (const std::vector<Index>& entries :
       {std::vector<Index>{0, 1, 2}, {2, 0}, {1, 1, 1, 0}, {2}, {}}) {
    CAPTURE(entries);
    AttentionState<float> selected = state.select(entries);
    CHECK(selected.length() == kLength);
    // Each entry in a state of its own, advanced by one more token.
    const Tensor<float> q = tokens_of(x.q, entries, 7);
    const Tensor<float> k = tokens_of(x.k, entries, 7);
    const Tensor<float> v = tokens_of(x.v, entries, 7);
    Tensor<float> out(static_cast<Index>(entries.size()), 2 * kHeads, 1, kValueDim);
    selected.advance({q.view(), k.view(), v.view()}, out.view(), Execution{2});
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::array<Index, 1> one{entries[i]};
      const auto only = [&](const Tensor<float>& t) {
        TensorView<const float, 4> view = t.view();
        view.data += entries[i] * view.stride(0);
        view.extents[0] = 1;
        return view;
      };
      AttentionState<float> alone(map, 1, kHeads, kValueDim);
      alone.append(only(x.k), only(x.v));
      Tensor<float> expected(1, 2 * kHeads, 1, kValueDim);
      const Tensor<float> q1 = tokens_of(x.q, one, 7);
      const Tensor<float> k1 = tokens_of(x.k, one, 7);
      const Tensor<float> v1 = tokens_of(x.v, one, 7);
      alone.advance({q1.view(), k1.view(), v1.view()}, expected.view());
      for (Index h = 0; h < 2 * kHeads; ++h) {
        for (Index c = 0; c < kValueDim; ++c) {
          CHECK(out(static_cast<Index>(i), h, 0, c) == expected(0, h, 0, c));
        }
      }
    }
  }
  CHECK(same_archive(state.save(), before));  // the state itself has not moved
}

TEST_CASE("a selection can be selected from, merged and saved", "[attention][state]") {
  const FeatureMap<double> map(map_spec(kDim, 12, PositiveFeatures{}));
  const Qkv<double> x =
      normal_qkv<double>({kBatch, kHeads, kHeads, kLength, kLength, kDim, kValueDim}, 32);
  AttentionState<double> state(map, kBatch, kHeads, kValueDim);
  state.append(x.k.view(), x.v.view());
  const std::array<Index, 4> first{2, 1, 0, 2};
  const std::array<Index, 2> second{3, 1};
  const std::array<Index, 2> both{2, 1};
  const AttentionState<double> twice = state.select(first).select(second);
  const AttentionState<double> once = state.select(both);
  CHECK(same_archive(twice.save(), once.save()));
  CHECK(same_archive(AttentionState<double>::load(map, once.save()).save(), once.save()));
  AttentionState<double> merged = once;
  merged.merge(twice);
  CHECK(merged.length() == 2 * kLength);
  CHECK_THROWS_WITH(merged.merge(state), Contains("batch"));
}

TEST_CASE("entries that the state does not have are refused", "[attention][state]") {
  const FeatureMap<float> map(map_spec(2, 2, PositiveFeatures{}));
  const AttentionState<float> state(map, 2, 1, 1);
  for (const Index wrong : {Index{-1}, Index{2}}) {
    const std::array<Index, 2> entries{0, wrong};
    CHECK_THROWS_WITH(state.select(entries), Contains("batch[1] is " + std::to_string(wrong)));
  }
  const std::array<Index, 1> first{0};
  const AttentionState<float> empty(map, 0, 1, 1);
  CHECK_THROWS_WITH(empty.select(first), Contains("batch of 0"));
}
