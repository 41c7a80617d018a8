// SPDX-License-Identifier: Apache-2.0
//
// States that weigh a window and the first keys exactly, or with decay.
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

#include <variant>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 4;
constexpr Index kValueDim = 3;

template <class T>
TensorView<const T, 4> cut(const Tensor<T>& x, Index first, Index count) {
  TensorView<const T, 4> view = x.view();
  view.data += first * view.stride(2);
  view.extents[2] = count;
  return view;
}

template <class T>
TensorView<T, 4> cut(Tensor<T>& x, Index first, Index count) {
  TensorView<T, 4> view = x.view();
  view.data += first * view.stride(2);
  view.extents[2] = count;
  return view;
}

template <class T>
AttentionInputs<T> cut(const Qkv<T>& x, Index first, Index count) {
  return {cut(x.q, first, count), cut(x.k, first, count), cut(x.v, first, count)};
}

template <class T>
AttentionState<T> state_for(const FeatureMap<T>& map, const Qkv<T>& x,
                            const AttentionStateOptions& options) {
  return AttentionState<T>(map, x.k.extents[0], x.k.extents[1], kValueDim, options);
}

template <class T>
Tensor<T> whole(const FeatureMap<T>& map, const Qkv<T>& x, const AttentionStateOptions& options) {
  Tensor<T> out = x.output();
  attention<T>(map, x.inputs(), out.view(),
               {.mask = Mask::causal,
                .decay = options.decay,
                .exact = {.window = options.window, .first_keys = options.first_keys},
                .rest = options.rest});
  return out;
}

/// advance in calls of these lengths, the last one as often as needed.
template <class T>
Tensor<T> stepwise(AttentionState<T>& state, const Qkv<T>& x, const std::vector<Index>& lengths,
                   int threads = 1) {
  Tensor<T> out = x.output();
  const Index total = x.q.extents[2];
  std::size_t step = 0;
  for (Index first = 0; first < total;) {
    const Index count = std::min(lengths[std::min(step++, lengths.size() - 1)], total - first);
    state.advance(cut(x, first, count), cut(out, first, count), Execution{threads});
    first += count;
  }
  return out;
}

const std::vector<AttentionStateOptions>& some_options() {
  static const std::vector<AttentionStateOptions> all{
      {.window = 1},
      {.window = 20},
      {.window = 20, .first_keys = 3},
      {.window = 300, .first_keys = 5},
      {.first_keys = 70},
      {.window = 20, .first_keys = 3, .rest = Rest::none},
      {.decay = {0.1, 0.01}},
      {.window = 33, .first_keys = 2, .decay = {0.0, 0.3}}};
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("decoding has the bits of the whole, near keys and all", "[attention][state]",
                   float, double) {
  using T = TestType;
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.3}})}) {
    for (const FeatureFunction& features :
         {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
      const FeatureMap<T> map(map_spec(kDim, 12, features, kernel));
      const Qkv<T> x = normal_qkv<T>({2, 4, 2, 700, 700, kDim, kValueDim}, 3, 0.8);
      for (const AttentionStateOptions& options : some_options()) {
        CAPTURE(to_text(map.spec()), options.window, options.first_keys, options.decay);
        const Tensor<T> expected = whole(map, x, options);
        for (const std::vector<Index>& lengths :
             {std::vector<Index>{700}, {650, 1}, {1, 63, 64, 65, 129, 7}, {17}}) {
          AttentionState<T> state = state_for(map, x, options);
          CHECK(same_bits(stepwise(state, x, lengths), expected));
          CHECK(state.length() == 700);
        }
        AttentionState<T> state = state_for(map, x, options);
        CHECK(same_bits(stepwise(state, x, {100}, 2), expected));
      }
    }
  }
}

TEST_CASE("attend after append is the last row of advance", "[attention][state]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 310, 310, kDim, kValueDim}, 4);
  for (const AttentionStateOptions& options : some_options()) {
    const Tensor<double> expected = whole(map, x, options);
    AttentionState<double> state = state_for(map, x, options);
    state.append(cut(x.k, 0, 200), cut(x.v, 0, 200));
    state.append(cut(x.k, 200, 110), cut(x.v, 200, 110));
    Tensor<double> out(2, 4, 1, kValueDim);
    state.attend(cut(x.q, 309, 1), out.view());
    for (Index b = 0; b < 2; ++b) {
      for (Index h = 0; h < 4; ++h) {
        CHECK(std::memcmp(&out(b, h, 0, 0), &expected(b, h, 309, 0), kValueDim * sizeof(double)) ==
              0);
      }
    }
    AttentionState<double> none = state_for(map, x, options);
    const AttentionReport report = none.attend(cut(x.q, 0, 1), out.view());
    CHECK(report.empty_rows == 8);
  }
}

TEST_CASE("padding leaves no trace beside near keys", "[attention][state]") {
  const FeatureMap<double> map(map_spec(kDim, 12, PositiveFeatures{}));
  Qkv<double> x = normal_qkv<double>({2, 2, 2, 120, 120, kDim, kValueDim}, 5);
  // Entry 1 is padded on the left by 30 rows and has a gap of 7.
  std::vector<char> live(240, 1);
  for (std::size_t j = 0; j < 120; ++j) live[120 + j] = j >= 30 && (j < 60 || j >= 67) ? 1 : 0;
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 2, 120);
  for (Index h = 0; h < 2; ++h) {
    for (Index j = 0; j < 120; ++j) {
      if (!mask(1, j)) x.k(1, h, j, 0) = x.v(1, h, j, 0) = std::numeric_limits<double>::quiet_NaN();
    }
  }
  Qkv<double> alone = normal_qkv<double>({1, 2, 2, 83, 83, kDim, kValueDim}, 6);
  std::vector<Index> rows;
  for (Index j = 0; j < 120; ++j) {
    if (mask(1, j)) rows.push_back(j);
  }
  REQUIRE(rows.size() == 83);
  for (Index h = 0; h < 2; ++h) {
    for (Index r = 0; r < 83; ++r) {
      const Index from = rows[static_cast<std::size_t>(r)];
      for (Index c = 0; c < kDim; ++c) {
        alone.q(0, h, r, c) = x.q(1, h, from, c);
        alone.k(0, h, r, c) = x.k(1, h, from, c);
      }
      for (Index c = 0; c < kValueDim; ++c) alone.v(0, h, r, c) = x.v(1, h, from, c);
    }
  }
  for (const AttentionStateOptions& options : some_options()) {
    const Tensor<double> expected = whole(map, alone, options);
    AttentionState<double> state = state_for(map, x, options);
    Tensor<double> out = x.output();
    const AttentionReport report =
        state.advance(x.inputs(), out.view(), LiveKeys{.key_mask = mask});
    CHECK(report.empty_rows == 60);
    CHECK(state.lengths() == std::vector<Index>{120, 83});
    for (Index h = 0; h < 2; ++h) {
      for (Index r = 0; r < 83; ++r) {
        CHECK(std::memcmp(&out(1, h, rows[static_cast<std::size_t>(r)], 0), &expected(0, h, r, 0),
                          kValueDim * sizeof(double)) == 0);
      }
    }
  }
}

TEST_CASE("near states are merged, selected and saved", "[attention][state]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({2, 2, 2, 500, 500, kDim, kValueDim}, 7);
  for (const AttentionStateOptions& options : some_options()) {
    CAPTURE(options.window, options.first_keys, options.decay);
    const Tensor<double> expected = whole(map, x, options);
    for (const Index split : {Index{0}, Index{2}, Index{10}, Index{250}, Index{399}, Index{400}}) {
      AttentionState<double> state = state_for(map, x, options);
      state.append(cut(x.k, 0, split), cut(x.v, 0, split));
      AttentionState<double> next = state_for(map, x, options);
      next.append(cut(x.k, split, 400 - split), cut(x.v, split, 400 - split));
      state.merge(next);
      CHECK(state.length() == 400);
      Tensor<double> out(2, 2, 100, kValueDim);
      state.advance(cut(x, 400, 100), out.view());
      Tensor<double> rows(2, 2, 100, kValueDim);
      for (Index b = 0; b < 2; ++b) {
        for (Index h = 0; h < 2; ++h) {
          std::copy_n(&expected(b, h, 400, 0), 100 * kValueDim, &rows(b, h, 0, 0));
        }
      }
      CAPTURE(split);
      CHECK(largest_difference(out, rows) <= 1e-12);
    }
    AttentionState<double> state = state_for(map, x, options);
    state.append(cut(x.k, 0, 400), cut(x.v, 0, 400));
    AttentionState<double> loaded = AttentionState<double>::load(map, state.save());
    CHECK((loaded.options() == options && loaded.length() == 400));
    AttentionState<double> swapped = state.select(std::vector<Index>{1, 0, 1});
    Tensor<double> out(2, 2, 100, kValueDim);
    Tensor<double> again(2, 2, 100, kValueDim);
    state.advance(cut(x, 400, 100), out.view());
    loaded.advance(cut(x, 400, 100), again.view());
    CHECK(same_bits(out, again));
    Tensor<double> one(3, 2, 1, kValueDim);
    Tensor<double> queries(3, 2, 1, kDim);
    for (Index b = 0; b < 3; ++b) {
      for (Index h = 0; h < 2; ++h) {
        std::copy_n(&x.q(b == 1 ? 0 : 1, h, 399, 0), kDim, &queries(b, h, 0, 0));
      }
    }
    swapped.attend(std::as_const(queries).view(), one.view());
    for (Index b = 0; b < 3; ++b) {
      for (Index h = 0; h < 2; ++h) {
        CHECK(std::memcmp(&one(b, h, 0, 0), &expected(b == 1 ? 0 : 1, h, 399, 0),
                          kValueDim * sizeof(double)) == 0);
      }
    }
    loaded.reset();
    CHECK(loaded.length() == 0);
    CHECK(same_bits(stepwise(loaded, x, {100}), expected));
  }
}

TEST_CASE("the size of a near state is constant", "[attention][state]") {
  const FeatureMap<float> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<float> x = normal_qkv<float>({1, 1, 1, 1000, 1000, kDim, kValueDim}, 8);
  AttentionState<float> state = state_for(map, x, {.window = 100, .first_keys = 4});
  const auto size = [&] {
    Index total = 0;
    for (const auto& [name, array] : state.save().arrays) {
      std::visit([&](const auto& matrix) { total += matrix.size(); }, array);
    }
    return total;
  };
  AttentionState<float> empty = state_for(map, x, {.window = 100, .first_keys = 4});
  Index largest = 0;
  for (int call = 0; call < 30; ++call) {
    state.append(x.k.view(), x.v.view());
    largest = std::max(largest, size());
  }
  state = empty;
  const Index least = size();
  CHECK(state.length() == 0);
  CHECK(largest - least <= (2 * 100 + 512 + 4) * (kDim + kValueDim) + kDim);
}

TEST_CASE("near states refuse what they cannot hold", "[attention][state][bad]") {
  const FeatureMap<float> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const auto make = [&](const AttentionStateOptions& options) {
    return AttentionState<float>(map, 1, 2, kValueDim, options);
  };
  CHECK_THROWS_WITH(make({.window = -1}), Contains("AttentionState: window is -1"));
  CHECK_THROWS_WITH(make({.first_keys = -1}), Contains("first_keys is -1"));
  CHECK_THROWS_WITH(make({.window = Index{1} << 50}), Contains("at most 2^40"));
  CHECK_THROWS_WITH(make({.rest = Rest::means}), Contains("rest is means"));
  CHECK_THROWS_WITH(make({.decay = {0.1}}), Contains("decay has 1 entries, expected 2"));
  CHECK_THROWS_WITH(make({.decay = {0.1, -0.1}}), Contains("decay[1] is -0.1"));
  AttentionState<float> state = make({.window = 5});
  AttentionState<float> other = make({.window = 6});
  CHECK_THROWS_WITH(state.merge(other), Contains("other options"));
  Archive archive = state.save();
  archive.metadata["near_begin_0"] = "256";
  CHECK_THROWS_WITH(AttentionState<float>::load(map, archive), Contains("contradicts itself"));
}
