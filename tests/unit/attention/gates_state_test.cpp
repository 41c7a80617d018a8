// SPDX-License-Identifier: Apache-2.0
//
// States whose keys come with gates.
#include "gates.hpp"
#include "parts.hpp"

#include <bochner/client/attention/narrow.hpp>
#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 4;
constexpr Index kValueDim = 3;

template <class T>
AttentionState<T> state_for(const FeatureMap<T>& map, const Qkv<T>& x,
                            const AttentionStateOptions& options) {
  return AttentionState<T>(map, x.k.extents[0], x.k.extents[1], kValueDim, options);
}

template <class T>
Tensor<T> whole(const FeatureMap<T>& map, const Qkv<T>& x, const Gates& gates,
                const AttentionStateOptions& options) {
  Tensor<T> out = x.output();
  attention<T>(map, x.inputs(), out.view(),
               {.mask = Mask::causal,
                .decay = options.decay,
                .gates = gates.view(),
                .exact = {.window = options.window, .first_keys = options.first_keys},
                .rest = options.rest});
  return out;
}

/// advance in calls of these lengths, the last one as often as needed.
template <class T>
Tensor<T> stepwise(AttentionState<T>& state, const Qkv<T>& x, const Gates& gates,
                   const std::vector<Index>& lengths, int threads = 1) {
  Tensor<T> out = x.output();
  const Index total = x.q.extents[2];
  std::size_t step = 0;
  for (Index first = 0; first < total;) {
    const Index count = std::min(lengths[std::min(step++, lengths.size() - 1)], total - first);
    state.advance(part(x, first, count), part(out, first, count),
                  LiveKeys{.gates = gates.part(first, count)}, Execution{threads});
    first += count;
  }
  return out;
}

const std::vector<AttentionStateOptions>& some_options() {
  static const std::vector<AttentionStateOptions> all{
      {},
      {.window = 1},
      {.window = 20, .first_keys = 3},
      {.window = 300, .first_keys = 5},
      {.first_keys = 70},
      {.window = 20, .first_keys = 3, .rest = Rest::none},
      {.decay = {0.1, 0.01}},
      {.window = 33, .first_keys = 2, .decay = {0.0, 0.3}}};
  return all;
}

/// Few enough that some segments outlast a window.
Gates rare_zeros(Index batch, Index keys) {
  Gates gates = some_gates(batch, 2, keys, GateSize::mild, 6);
  for (const Index k : {Index{0}, Index{2}, Index{64}, Index{350}, Index{351}}) {
    if (k < keys) gates(0, 0, k) = 0.0;
  }
  if (keys > 500) gates(batch - 1, 1, 500) = 0.0;
  return gates;
}

}  // namespace

TEMPLATE_TEST_CASE("decoding with gates has the bits of the whole", "[attention][state]", float,
                   double) {
  using T = TestType;
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.3}})}) {
    for (const FeatureFunction& features :
         {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
      const FeatureMap<T> map(map_spec(kDim, 12, features, kernel));
      const Qkv<T> x = normal_qkv<T>({2, 4, 2, 600, 600, kDim, kValueDim}, 3, 0.8);
      for (const Gates& gates : {rare_zeros(2, 600), some_gates(2, 2, 600, GateSize::mixed, 2)}) {
        for (const AttentionStateOptions& options : some_options()) {
          CAPTURE(to_text(map.spec()), options.window, options.first_keys, options.decay);
          const Tensor<T> expected = whole(map, x, gates, options);
          for (const std::vector<Index>& lengths :
               {std::vector<Index>{600}, {550, 1}, {1, 63, 64, 65, 129, 7}, {17}}) {
            AttentionState<T> state = state_for(map, x, options);
            CHECK(same_bits(stepwise(state, x, gates, lengths), expected));
            CHECK(state.length() == 600);
          }
          AttentionState<T> state = state_for(map, x, options);
          CHECK(same_bits(stepwise(state, x, gates, {100}, 2), expected));
        }
      }
    }
  }
}

TEST_CASE("attend after append with gates is the last row of advance", "[attention][state]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 310, 310, kDim, kValueDim}, 4);
  const Gates gates = rare_zeros(2, 310);
  for (const AttentionStateOptions& options : some_options()) {
    const Tensor<double> expected = whole(map, x, gates, options);
    AttentionState<double> state = state_for(map, x, options);
    state.append(part(x.k, 0, 200), part(x.v, 0, 200), LiveKeys{.gates = gates.part(0, 200)});
    state.append(part(x.k, 200, 110), part(x.v, 200, 110), LiveKeys{.gates = gates.part(200, 110)});
    Tensor<double> out(2, 4, 1, kValueDim);
    state.attend(part(x.q, 309, 1), out.view());
    for (Index b = 0; b < 2; ++b) {
      for (Index h = 0; h < 4; ++h) {
        CHECK(std::memcmp(&out(b, h, 0, 0), &expected(b, h, 309, 0), kValueDim * sizeof(double)) ==
              0);
      }
    }
  }
}

TEST_CASE("calls without gates go on as with gates of 1", "[attention][state]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 2, 2, 200, 200, kDim, kValueDim}, 5);
  Gates gates = rare_zeros(1, 200);
  for (Index h = 0; h < 2; ++h) {
    for (Index k = 90; k < 140; ++k) gates(0, h, k) = 1.0;
  }
  for (const AttentionStateOptions& options : some_options()) {
    const Tensor<double> expected = whole(map, x, gates, options);
    AttentionState<double> state = state_for(map, x, options);
    Tensor<double> out = x.output();
    state.advance(part(x, 0, 90), part(out, 0, 90), LiveKeys{.gates = gates.part(0, 90)});
    state.advance(part(x, 90, 50), part(out, 90, 50));
    state.advance(part(x, 140, 60), part(out, 140, 60), LiveKeys{.gates = gates.part(140, 60)});
    CHECK(same_bits(out, expected));
    state.reset();
    CHECK(same_bits(stepwise(state, x, gates, {200}), expected));
  }
}

TEST_CASE("padding leaves no trace, nor do its gates", "[attention][state]") {
  const FeatureMap<double> map(map_spec(kDim, 12, PositiveFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 2, 2, 120, 120, kDim, kValueDim}, 6);
  Gates gates = some_gates(1, 2, 120, GateSize::mixed, 8);
  std::vector<char> live(120);
  std::vector<Index> rows;
  for (Index j = 0; j < 120; ++j) {
    live[static_cast<std::size_t>(j)] = j >= 30 && (j < 60 || j >= 67) ? 1 : 0;
    if (live[static_cast<std::size_t>(j)]) rows.push_back(j);
    if (!live[static_cast<std::size_t>(j)]) {
      gates(0, 0, j) = std::numeric_limits<double>::quiet_NaN();
      gates(0, 1, j) = 0.0;
    }
  }
  const auto count = static_cast<Index>(rows.size());
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 1, 120);
  Qkv<double> alone = normal_qkv<double>({1, 2, 2, count, count, kDim, kValueDim}, 7);
  Gates own(1, 2, count);
  for (Index h = 0; h < 2; ++h) {
    for (Index r = 0; r < count; ++r) {
      const Index from = rows[static_cast<std::size_t>(r)];
      own(0, h, r) = gates(0, h, from);
      std::copy_n(&x.q(0, h, from, 0), kDim, &alone.q(0, h, r, 0));
      std::copy_n(&x.k(0, h, from, 0), kDim, &alone.k(0, h, r, 0));
      std::copy_n(&x.v(0, h, from, 0), kValueDim, &alone.v(0, h, r, 0));
    }
  }
  for (const AttentionStateOptions& options : some_options()) {
    const Tensor<double> expected = whole(map, alone, own, options);
    AttentionState<double> state = state_for(map, x, options);
    Tensor<double> out = x.output();
    const AttentionReport report =
        state.advance(x.inputs(), out.view(), LiveKeys{.key_mask = mask, .gates = gates.view()});
    CHECK(report.empty_rows == 60);
    for (Index h = 0; h < 2; ++h) {
      for (Index r = 0; r < count; ++r) {
        CHECK(std::memcmp(&out(0, h, rows[static_cast<std::size_t>(r)], 0), &expected(0, h, r, 0),
                          kValueDim * sizeof(double)) == 0);
      }
    }
  }
}

TEST_CASE("gated states are merged, selected and saved", "[attention][state]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({2, 2, 2, 500, 500, kDim, kValueDim}, 8);
  for (const Gates& gates : {rare_zeros(2, 500), some_gates(2, 2, 500, GateSize::mild, 9)}) {
    for (const AttentionStateOptions& options : some_options()) {
      CAPTURE(options.window, options.first_keys, options.decay);
      const Tensor<double> expected = whole(map, x, gates, options);
      Tensor<double> rows(2, 2, 100, kValueDim);
      for (Index b = 0; b < 2; ++b) {
        for (Index h = 0; h < 2; ++h) {
          std::copy_n(&expected(b, h, 400, 0), 100 * kValueDim, &rows(b, h, 0, 0));
        }
      }
      const auto seen = [&](Index first, Index count) {
        AttentionState<double> state = state_for(map, x, options);
        state.append(part(x.k, first, count), part(x.v, first, count),
                     LiveKeys{.gates = gates.part(first, count)});
        return state;
      };
      const auto rest = [&](AttentionState<double>& state) {
        Tensor<double> out(2, 2, 100, kValueDim);
        state.advance(part(x, 400, 100), out.view(), LiveKeys{.gates = gates.part(400, 100)});
        return out;
      };
      const auto near_enough = [&](const Tensor<double>& out) {
        double largest = 0.0;
        for (std::size_t i = 0; i < out.elements.size(); ++i) {
          largest = std::max(largest, std::abs(out.elements[i] - rows.elements[i]));
        }
        return largest <= 1e-11;
      };
      for (const Index split : {Index{0}, Index{2}, Index{10}, Index{65}, Index{350}, Index{351},
                                Index{399}, Index{400}}) {
        CAPTURE(split);
        AttentionState<double> state = seen(0, split);
        state.merge(seen(split, 400 - split));
        CHECK(state.length() == 400);
        CHECK(near_enough(rest(state)));
      }
      // Of three, either way.
      AttentionState<double> left = seen(0, 60);
      left.merge(seen(60, 200));
      left.merge(seen(260, 140));
      CHECK(near_enough(rest(left)));
      AttentionState<double> right = seen(60, 200);
      right.merge(seen(260, 140));
      AttentionState<double> first = seen(0, 60);
      first.merge(right);
      CHECK(near_enough(rest(first)));

      const AttentionState<double> state = seen(0, 400);
      AttentionState<double> loaded = AttentionState<double>::load(map, state.save());
      CHECK(same_bits(rest(loaded), rows));
      const std::vector<Index> swapped{1, 0};
      AttentionState<double> selected = state.select(swapped).select(swapped);
      CHECK(same_bits(rest(selected), rows));
    }
  }
}

TEST_CASE("archives of states without gates say nothing of them", "[attention][state]") {
  const FeatureMap<float> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<float> x = normal_qkv<float>({1, 2, 2, 50, 50, kDim, kValueDim}, 9);
  for (const AttentionStateOptions& options : some_options()) {
    AttentionState<float> state = state_for(map, x, options);
    state.append(x.k.view(), x.v.view());
    for (const auto& [name, array] : state.save().arrays) CHECK(name.find("gate") == name.npos);
    CHECK(!state.save().metadata.contains("gated"));
    AttentionState<float> gated = state_for(map, x, options);
    gated.append(x.k.view(), x.v.view(), LiveKeys{.gates = Gates(1, 2, 50, 0.5).view()});
    Archive archive = gated.save();
    REQUIRE(archive.metadata.at("gated") == "yes");
    auto& sums = std::get<Matrix<double>>(archive.arrays.at("gate_sums"));
    CHECK(sums(0, 0) == 50.0);
    sums(0, 0) = -1.0;
    CHECK_THROWS_WITH(AttentionState<float>::load(map, archive),
                      Contains("the state contradicts itself"));
  }
}

TEST_CASE("halves with gates into a state", "[attention][state]") {
  Qkv<float> x = normal_qkv<float>({1, 2, 2, 600, 600, kDim, kValueDim}, 10);
  const auto narrow = [](Tensor<float>& t) {
    std::vector<Half> out;
    for (float& e : t.elements) {
      out.emplace_back(e);
      e = static_cast<float>(out.back());
    }
    return out;
  };
  const std::vector<Half> q = narrow(x.q);
  const std::vector<Half> k = narrow(x.k);
  const std::vector<Half> v = narrow(x.v);
  const AttentionInputs<Half> halves{
      {q.data(), x.q.extents}, {k.data(), x.k.extents}, {v.data(), x.v.extents}};
  const FeatureMap<float> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  Gates gates = rare_zeros(1, 600);
  AttentionState<float> state = state_for(map, x, {.window = 20});
  Tensor<float> out = x.output();
  advance<Half>(state, halves, out.view(), LiveKeys{.gates = gates.view()});
  CHECK(same_bits(out, whole(map, x, gates, {.window = 20})));
  gates(0, 1, 599) = 2.0;
  CHECK_THROWS_WITH(advance<Half>(state, halves, out.view(), LiveKeys{.gates = gates.view()}),
                    Contains("gates: batch 0, head 1, row 599 is 2, expected"));
  CHECK(state.length() == 600);
  CHECK_THROWS_WITH(advance<Half>(state, halves, out.view(), LiveKeys{.gates = gates.part(0, 599)}),
                    Contains("gates is 1 x 2 x 599, expected 1 x 2 x 600"));
}

TEST_CASE("wrong gates leave a state as it was", "[attention][state][bad]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 2, 2, 20, 20, kDim, kValueDim}, 11);
  AttentionState<double> state = state_for(map, x, {});
  Gates gates(1, 2, 20);
  gates(0, 1, 7) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(state.append(x.k.view(), x.v.view(), LiveKeys{.gates = gates.view()}),
                    Contains("AttentionState::append: gates: batch 0, head 1, row 7 is nan"));
  CHECK_THROWS_WITH(state.append(x.k.view(), x.v.view(), LiveKeys{.gates = Gates(1, 1, 20).view()}),
                    Contains("gates is 1 x 1 x 20, expected 1 x 2 x 20"));
  CHECK(state.length() == 0);
  // 2^-2^26 is 1 / 62,485 of a state's span of the least numbers.
  const Index many = 40000;
  const Qkv<double> longer = normal_qkv<double>({1, 1, 1, 1, many, kDim, kValueDim}, 12);
  const Gates faint = some_gates(1, 1, many, GateSize::faint);
  AttentionState<double> half(map, 1, 1, kValueDim);
  half.append(longer.k.view(), longer.v.view(), LiveKeys{.gates = faint.view()});
  AttentionState<double> other = half;
  CHECK_THROWS_WITH(half.merge(other), Contains("the product of the gates of both states"));
  CHECK_THROWS_WITH(half.append(longer.k.view(), longer.v.view(), LiveKeys{.gates = faint.view()}),
                    Contains("the product of the gates since the last 0 is below 2^-2^26"));
  CHECK(half.length() == many);
}
