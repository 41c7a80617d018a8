// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

#include <numeric>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kBatch = 3;
constexpr Index kLength = 150;

/// Truth values, batch x length.
class Masks {
 public:
  Masks(Index batch, Index length, const std::function<bool(Index, Index)>& live)
      : length_(length), live_(static_cast<std::size_t>(batch * length)) {
    for (Index b = 0; b < batch; ++b) {
      for (Index j = 0; j < length; ++j) {
        live_[static_cast<std::size_t>(b * length + j)] = live(b, j);
      }
    }
  }
  bool operator()(Index b, Index j) const {
    return live_[static_cast<std::size_t>(b * length_ + j)] != 0;
  }
  MatrixView<const bool> view(Index first, Index count) const {
    return {reinterpret_cast<const bool*>(live_.data()) + first,
            static_cast<Index>(live_.size()) / length_, count, length_, 1};
  }

 private:
  Index length_;
  std::vector<char> live_;
};

std::vector<Masks> some_masks() {
  return {Masks(kBatch, kLength, [](Index b, Index j) { return j >= 40 * b; }),
          Masks(kBatch, kLength, [](Index b, Index j) { return j < kLength - 70 * b; }),
          Masks(kBatch, kLength, [](Index b, Index j) { return (j * j + b) % 7 < 3; }),
          Masks(kBatch, kLength, [](Index b, Index) { return b != 1; })};
}

/// Padding that is not to be read.
template <class T>
void poison(Qkv<T>& x, const Masks& masks) {
  for (Index b = 0; b < kBatch; ++b) {
    for (Index h = 0; h < x.k.extents[1]; ++h) {
      for (Index j = 0; j < kLength; ++j) {
        if (masks(b, j)) continue;
        x.k(b, h, j, 0) = std::numeric_limits<T>::quiet_NaN();
        x.k(b, h, j, 1) = std::numeric_limits<T>::max();
        x.v(b, h, j, 0) = std::numeric_limits<T>::max();
      }
    }
  }
}

template <class View>
View rows_of(View view, Index first, Index count) {
  view.data += first * view.stride(2);
  view.extents[2] = count;
  return view;
}

template <class T>
AttentionInputs<T> part_of(const Qkv<T>& x, Index first, Index count) {
  return {rows_of(x.q.view(), first, count), rows_of(x.k.view(), first, count),
          rows_of(x.v.view(), first, count)};
}

/// The rows of batch entry b at the live positions.
template <class T>
Tensor<T> live_rows_of(const Tensor<T>& x, const Masks& masks, Index b) {
  std::vector<Index> live;
  for (Index j = 0; j < kLength; ++j) {
    if (masks(b, j)) live.push_back(j);
  }
  Tensor<T> out(1, x.extents[1], static_cast<Index>(live.size()), x.extents[3]);
  for (Index h = 0; h < x.extents[1]; ++h) {
    for (std::size_t j = 0; j < live.size(); ++j) {
      for (Index c = 0; c < x.extents[3]; ++c) {
        out(0, h, static_cast<Index>(j), c) = x(b, h, live[j], c);
      }
    }
  }
  return out;
}

Index count_of(const Masks& masks, Index b) {
  Index count = 0;
  for (Index j = 0; j < kLength; ++j) count += masks(b, j) ? 1 : 0;
  return count;
}

}  // namespace

TEMPLATE_TEST_CASE("padded batches have the bits of causal attention with the mask",
                   "[attention][state][live]", float, double) {
  using T = TestType;
  for (const FeatureFunction& features : some_features()) {
    const FeatureMap<T> map(map_spec(5, 20, features));
    for (const Masks& masks : some_masks()) {
      CAPTURE(to_text(features));
      Qkv<T> x = normal_qkv<T>({kBatch, 4, 2, kLength, kLength, 5, 3}, 81, 2.0);
      poison(x, masks);
      Tensor<T> whole = x.output();
      const AttentionReport expected =
          attention<T>(map, x.inputs(), whole.view(),
                       {.mask = Mask::causal, .key_mask = masks.view(0, kLength)});
      for (const std::vector<Index>& cuts :
           {std::vector<Index>{kLength}, {1, 64, 85}, {100, 1, 1, 48}}) {
        AttentionState<T> state(map, kBatch, 2, 3);
        Tensor<T> out = x.output();
        AttentionReport total;
        Index first = 0;
        for (const Index count : cuts) {
          const AttentionReport report =
              state.advance(part_of(x, first, count), rows_of(out.view(), first, count),
                            {.key_mask = masks.view(first, count)}, Execution{2});
          total.empty_rows += report.empty_rows;
          first += count;
        }
        CHECK(same_bits(out, whole));
        CHECK(total.empty_rows == expected.empty_rows);
        for (Index b = 0; b < kBatch; ++b) {
          CHECK(state.lengths()[static_cast<std::size_t>(b)] == count_of(masks, b));
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("a padded prompt is decoded as each entry alone", "[attention][state][live]",
                   float, double) {
  using T = TestType;
  const FeatureMap<T> map(map_spec(5, 20, HyperbolicFeatures{}));
  for (const Masks& masks : some_masks()) {
    Qkv<T> x = normal_qkv<T>({kBatch, 4, 2, kLength, kLength, 5, 3}, 82);
    poison(x, masks);
    const Qkv<T> next = normal_qkv<T>({kBatch, 4, 2, 70, 70, 5, 3}, 83);
    AttentionState<T> state(map, kBatch, 2, 3);
    state.append(x.k.view(), x.v.view(), {.key_mask = masks.view(0, kLength)});
    Tensor<T> out = next.output();
    state.advance(next.inputs(), out.view());
    Index longest = 0;
    for (Index b = 0; b < kBatch; ++b) {
      AttentionState<T> alone(map, 1, 2, 3);
      alone.append(live_rows_of(x.k, masks, b).view(), live_rows_of(x.v, masks, b).view());
      longest = std::max(longest, alone.length() + 70);
      const auto entry = [&](const Tensor<T>& t) {
        TensorView<const T, 4> view = t.view();
        view.data += b * view.stride(0);
        view.extents[0] = 1;
        return view;
      };
      Tensor<T> expected(1, 4, 70, 3);
      alone.advance({entry(next.q), entry(next.k), entry(next.v)}, expected.view());
      CHECK(std::equal(expected.elements.begin(), expected.elements.end(), entry(out).data));
      CHECK(state.lengths()[static_cast<std::size_t>(b)] == alone.length());
    }
    CHECK(state.length() == longest);
  }
}

TEST_CASE("lengths of keys are masks of keys", "[attention][state][live]") {
  const FeatureMap<float> map(map_spec(5, 20, HyperbolicFeatures{}));
  const Qkv<float> x = normal_qkv<float>({kBatch, 2, 1, kLength, kLength, 5, 3}, 84);
  const std::vector<Index> lengths{0, 150, 66};
  const Masks masks(kBatch, kLength,
                    [&](Index b, Index j) { return j < lengths[static_cast<std::size_t>(b)]; });
  AttentionState<float> masked(map, kBatch, 1, 3);
  AttentionState<float> counted(map, kBatch, 1, 3);
  Tensor<float> out = x.output();
  Tensor<float> expected = x.output();
  masked.advance(x.inputs(), expected.view(), {.key_mask = masks.view(0, kLength)});
  counted.advance(x.inputs(), out.view(), {.key_lengths = lengths});
  CHECK(same_bits(out, expected));
  CHECK(counted.lengths() == lengths);
  // Entries of various lengths survive being saved, selected and merged.
  AttentionState<float> loaded = AttentionState<float>::load(map, counted.save());
  CHECK(loaded.lengths() == lengths);
  CHECK(counted.save().metadata == loaded.save().metadata);
  loaded.attend(x.q.view(), out.view());
  counted.attend(x.q.view(), expected.view());
  CHECK(same_bits(out, expected));
  const std::vector<Index> entries{2, 0, 2};
  CHECK(counted.select(entries).lengths() == std::vector<Index>{66, 0, 66});
  loaded.merge(masked);
  CHECK(loaded.lengths() == std::vector<Index>{0, 300, 132});
  CHECK(counted.save().metadata.contains("length") == false);
  counted.reset();
  CHECK(counted.lengths() == std::vector<Index>{0, 0, 0});
  CHECK(counted.save().metadata.at("length") == "0");
  Archive damaged = loaded.save();
  damaged.metadata["length_1"] = "1152921504606846977";
  CHECK_THROWS_WITH(AttentionState<float>::load(map, damaged), Contains("'length_1'"));
  damaged.metadata.erase("length_1");
  CHECK_THROWS_AS(AttentionState<float>::load(map, damaged), InvalidArgument);
}

TEST_CASE("masks that do not fit are refused, live rows by their place",
          "[attention][state][live]") {
  const FeatureMap<float> map(map_spec(5, 20, HyperbolicFeatures{}));
  Qkv<float> x = normal_qkv<float>({kBatch, 2, 1, kLength, kLength, 5, 3}, 85);
  AttentionState<float> state(map, kBatch, 1, 3);
  Tensor<float> out = x.output();
  const Masks masks(kBatch, kLength, [](Index, Index j) { return j % 3 == 1; });
  const std::vector<Index> lengths{1, 2, 3};
  const std::vector<Index> two{1, 2};
  const std::vector<Index> long_ones{1, 151, 3};
  CHECK_THROWS_WITH(state.append(x.k.view(), x.v.view(), {.key_mask = masks.view(0, 149)}),
                    Contains("AttentionState::append: key_mask is 3 x 149, expected 3 x 150"));
  CHECK_THROWS_WITH(state.append(x.k.view(), x.v.view(),
                                 {.key_mask = masks.view(0, kLength), .key_lengths = lengths}),
                    Contains("both given"));
  CHECK_THROWS_WITH(state.append(x.k.view(), x.v.view(), {.key_lengths = two}),
                    Contains("key_lengths has 2 entries, expected 3"));
  CHECK_THROWS_WITH(state.advance(x.inputs(), out.view(), {.key_lengths = long_ones}),
                    Contains("AttentionState::advance: key_lengths[1] is 151"));
  const auto refused = [&](Tensor<float> Qkv<float>::*rows, const char* text) {
    Qkv<float> bad = x;
    (bad.*rows)(2, 0, 100, 1) = 1e38F;  // 100 is live
    const LiveKeys live{.key_mask = masks.view(0, kLength)};
    CHECK_THROWS_WITH(state.append(bad.k.view(), bad.v.view(), live), Contains(text));
    CHECK_THROWS_WITH(state.advance(bad.inputs(), out.view(), live), Contains(text));
    CHECK(state.length() == 0);
  };
  refused(&Qkv<float>::k, "keys: batch 2, head 0, row 100 is too long");
  refused(&Qkv<float>::v, "values: batch 2, head 0, row 100, column 1");
}
