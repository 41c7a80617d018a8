// SPDX-License-Identifier: Apache-2.0
#include "parts.hpp"
#include "reference.hpp"

#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kLength = 300;

template <class T>
Qkv<T> some_qkv(double size) {
  return normal_qkv<T>({2, 4, 2, kLength, kLength, 6, 3}, 21, size);
}

}  // namespace

TEST_CASE("token by token, cut anyhow and all at once are the same bits", "[attention][state]") {
  for (const FeatureFunction& features : some_features()) {
    const FeatureMap<float> map(map_spec(6, 20, features));
    for (const double size : {0.5, 12.0}) {
      CAPTURE(to_text(features), size);
      const Qkv<float> x = some_qkv<float>(size);
      Tensor<float> whole = x.output();
      attention<float>(map, x.inputs(), whole.view(), {.mask = Mask::causal});
      for (const std::vector<Index>& cuts :
           {std::vector<Index>{300}, {1, 299}, {64, 64, 172}, {100, 7, 1, 1, 91, 100}}) {
        AttentionState<float> state(map, 2, 2, 3);
        Tensor<float> out = x.output();
        Index first = 0;
        for (const Index count : cuts) {
          state.advance(part(x, first, count), part(out, first, count), Execution{2});
          first += count;
        }
        CHECK(state.length() == kLength);
        CHECK(same_bits(out, whole));
      }
      AttentionState<float> state(map, 2, 2, 3);
      Tensor<float> out = x.output();
      for (Index i = 0; i < kLength; ++i) state.advance(part(x, i, 1), part(out, i, 1));
      CHECK(same_bits(out, whole));
    }
  }
}

TEST_CASE("append and attend see all that came before", "[attention][state]") {
  const FeatureMap<double> map(map_spec(6, 20, HyperbolicFeatures{}));
  const Qkv<double> x = some_qkv<double>(1.0);
  AttentionState<double> state(map, 2, 2, 3);
  Tensor<double> out = x.output();
  const AttentionReport report = state.attend(x.q.view(), out.view());
  CHECK(report.empty_rows == 2 * 4 * kLength);
  CHECK(out.elements == std::vector<double>(out.elements.size(), 0.0));
  for (const Index cut : {Index{1}, Index{64}, Index{200}}) {
    state.reset();
    state.append(part(x.k, 0, cut), part(x.v, 0, cut));
    state.append(part(x.k, cut, kLength - cut), part(x.v, cut, kLength - cut), Execution{2});
    state.attend(x.q.view(), out.view(), Execution{3});
    Tensor<double> expected = x.output();
    attention<double>(map, x.inputs(), expected.view());
    CHECK(largest_difference(out, expected) <= 1e-13);
  }
}

TEST_CASE("merged states are one", "[attention][state]") {
  for (const FeatureFunction& features : some_features()) {
    for (const double size : {0.5, 12.0}) {
      CAPTURE(to_text(features), size);
      const bool is_signed = std::holds_alternative<TrigonometricFeatures>(features) ||
                             std::holds_alternative<CosineFeatures>(features);
      if (is_signed && size > 1.0) continue;  // their normalisers are noise there
      const FeatureMap<double> map(map_spec(6, 20, features));
      const Qkv<double> x = some_qkv<double>(size);
      Tensor<double> whole = x.output();
      attention<double>(map, x.inputs(), whole.view());
      for (const auto& [a, b] : {std::pair<Index, Index>{10, 100}, {64, 128}, {130, 131}}) {
        AttentionState<double> first(map, 2, 2, 3);
        AttentionState<double> second(map, 2, 2, 3);
        AttentionState<double> third(map, 2, 2, 3);
        first.append(part(x.k, 0, a), part(x.v, 0, a));
        second.append(part(x.k, a, b - a), part(x.v, a, b - a));
        third.append(part(x.k, b, kLength - b), part(x.v, b, kLength - b));
        AttentionState<double> right = second;
        right.merge(third);
        AttentionState<double> left = first;
        left.merge(second);
        left.merge(third);
        first.merge(right);
        CHECK(first.length() == kLength);
        Tensor<double> out = x.output();
        first.attend(x.q.view(), out.view());
        CHECK(largest_difference(out, whole) <= (is_signed ? 1e-9 : 1e-12));
        left.attend(x.q.view(), out.view());
        CHECK(largest_difference(out, whole) <= (is_signed ? 1e-9 : 1e-12));
      }
    }
  }
}

TEST_CASE("decode states that mix scales would show", "[attention][state]") {
  // The wrong variant of public code: sums under one reference, new keys under another.
  const FeatureMap<double> map(map_spec(6, 20, PositiveFeatures{}));
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 80, 80, 6, 3}, 22);
  for (Index j = 64; j < 80; ++j) {
    for (Index c = 0; c < 6; ++c) x.k(0, 0, j, c) *= 3.0;
  }
  const auto sum = [&](bool right) {
    double normaliser = 0.0;
    double numerator = 0.0;
    double reference = -1e300;
    const auto phi_q = features_of(map, Side::query, &x.q(0, 0, 79, 0));
    for (Index j = 0; j < 80; ++j) {
      const auto phi_k = features_of(map, Side::key, &x.k(0, 0, j, 0));
      double top = -1e300;
      for (const Feature& f : phi_k) top = std::max(top, static_cast<double>(f.exponent));
      const double raised = std::max(reference, top);
      if (right) {
        normaliser *= std::exp2(reference - raised);
        numerator *= std::exp2(reference - raised);
      }
      reference = raised;
      for (std::size_t f = 0; f < phi_k.size(); ++f) {
        const double weight =
            std::exp2(static_cast<double>(phi_q[f].exponent + phi_k[f].exponent) - reference);
        normaliser += weight;
        numerator += weight * x.v(0, 0, j, 0);
      }
    }
    return numerator / normaliser;
  };
  AttentionState<double> state(map, 1, 1, 3);
  Tensor<double> out = x.output();
  for (Index i = 0; i < 80; ++i) state.advance(part(x, i, 1), part(out, i, 1));
  CHECK(out(0, 0, 79, 0) == Approx(sum(true)).epsilon(1e-12));
  CHECK(std::abs(out(0, 0, 79, 0) - sum(false)) > 1e-2);
}

TEST_CASE("a saved state goes on as if it had not been", "[attention][state]") {
  for (const FeatureFunction& features :
       {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<float> map(map_spec(6, 20, features));
    const Qkv<float> x = some_qkv<float>(1.0);
    AttentionState<float> state(map, 2, 2, 3);
    Tensor<float> out = x.output();
    state.advance(part(x, 0, 150), part(out, 0, 150));
    AttentionState<float> loaded = AttentionState<float>::load(map, state.save());
    CHECK(loaded.length() == 150);
    Tensor<float> other = out;
    state.advance(part(x, 150, 150), part(out, 150, 150));
    loaded.advance(part(x, 150, 150), part(other, 150, 150));
    CHECK(same_bits(out, other));
  }
}

TEST_CASE("damaged and foreign states are refused", "[attention][state]") {
  const FeatureMap<float> map(map_spec(2, 2, PositiveFeatures{}));
  AttentionState<float> state(map, 1, 1, 1);
  const Qkv<float> x = normal_qkv<float>({1, 1, 1, 70, 70, 2, 1}, 23);
  state.append(x.k.view(), x.v.view());
  const Archive archive = state.save();
  CHECK_NOTHROW(AttentionState<float>::load(map, archive));
  for (const auto& [key, word] : archive.metadata) {
    Archive without = archive;
    without.metadata.erase(key);
    CHECK_THROWS_AS(AttentionState<float>::load(map, without), InvalidArgument);
    if (key == "length") continue;
    for (const char* const other : {"", "-1", "7", "4611686018427387904", "x"}) {
      Archive damaged = archive;
      damaged.metadata[key] = other;
      CAPTURE(key, other);
      CHECK_THROWS_AS(AttentionState<float>::load(map, damaged), InvalidArgument);
    }
  }
  for (const auto& [key, array] : archive.arrays) {
    Archive without = archive;
    without.arrays.erase(key);
    CHECK_THROWS_AS(AttentionState<float>::load(map, without), InvalidArgument);
    Archive other = archive;
    other.arrays.insert_or_assign(key, Matrix<float>(1, 3));
    CHECK_THROWS_AS(AttentionState<float>::load(map, other), InvalidArgument);
    Archive poisoned = archive;
    std::visit([](auto& m) { m(0, 0) = std::numeric_limits<float>::quiet_NaN(); },
               poisoned.arrays.at(key));
    CHECK_THROWS_AS(AttentionState<float>::load(map, poisoned), InvalidArgument);
  }
  for (const auto& [key, value] : {std::pair{"open_counts", 65.0},
                                   {"open_counts", -1.0},
                                   {"exponent", 1e9},
                                   {"exponent", 0.5},
                                   {"open_reference", -1e9},
                                   {"exponent", 1e30}}) {
    Archive damaged = archive;
    std::get<Matrix<double>>(damaged.arrays.at(key))(0, 0) = value;
    CHECK_THROWS_AS(AttentionState<float>::load(map, damaged), InvalidArgument);
  }
  const FeatureMap<float> redraw(map_spec(2, 2, PositiveFeatures{}, SoftmaxKernel{}, 8));
  CHECK_THROWS_WITH(AttentionState<float>::load(redraw, archive), Contains("'map' is"));
  const FeatureMap<double> wide(map_spec(2, 2, PositiveFeatures{}));
  CHECK_THROWS_WITH(AttentionState<double>::load(wide, archive), Contains("'scalar' is 'float'"));
  AttentionState<float> other(redraw, 1, 1, 1);
  CHECK_THROWS_WITH(state.merge(other), Contains("of another map"));
  AttentionState<float> wider(map, 1, 1, 2);
  CHECK_THROWS_WITH(state.merge(wider), Contains("value_dim"));
  CHECK_THROWS_WITH(state.append(x.k.view(), x.k.view()), Contains("value dimension"));
}

TEST_CASE("a call that is refused leaves the state as it was", "[attention][state]") {
  for (const FeatureFunction& features : some_features()) {
    CAPTURE(to_text(features));
    const FeatureMap<float> map(map_spec(6, 20, features));
    const Qkv<float> x = some_qkv<float>(1.0);
    AttentionState<float> state(map, 2, 2, 3);
    Tensor<float> out = x.output();
    state.advance(part(x, 0, 100), part(out, 0, 100));
    const Archive before = state.save();
    const auto refused = [&](Tensor<float> Qkv<float>::*rows, float value) {
      Qkv<float> bad = x;
      (bad.*rows)(1, 1, 250, 2) = value;  // in the last head, in a later block
      Tensor<float> other = out;
      CHECK_THROWS_AS(state.advance(part(bad, 100, 200), part(other, 100, 200)), InvalidArgument);
      CHECK(state.length() == 100);
      const Archive after = state.save();
      CHECK(after.metadata == before.metadata);
      bool same = true;
      for (const auto& [key, array] : before.arrays) {
        std::visit(
            [&]<class M>(const M& m) {
              const M& n = std::get<M>(after.arrays.at(key));
              same = same && std::equal(m.data(), m.data() + m.size(), n.data());
            },
            array);
      }
      CHECK(same);
      if (rows == &Qkv<float>::q) return;
      CHECK_THROWS_AS(state.append(part(bad.k, 100, 200), part(bad.v, 100, 200)), InvalidArgument);
      CHECK(state.length() == 100);
    };
    refused(&Qkv<float>::k, 1e38F);
    refused(&Qkv<float>::q, 1e38F);
    refused(&Qkv<float>::v, 1e38F);
    state.advance(part(x, 100, 200), part(out, 100, 200));
    Tensor<float> whole = x.output();
    attention<float>(map, x.inputs(), whole.view(), {.mask = Mask::causal});
    CHECK(same_bits(out, whole));
  }
}

TEST_CASE("a report counts the rows of its own call", "[attention][state]") {
  // Frequencies of one sign and another: normalisers are negative now and then.
  const FeatureMap<float> map(map_spec(6, 2, TrigonometricFeatures{}));
  const Qkv<float> x = normal_qkv<float>({1, 1, 1, 100, 100, 6, 3}, 26, 12.0);
  AttentionState<float> state(map, 1, 1, 3);
  Tensor<float> out = x.output();
  const Index negative = state.advance(part(x, 0, 90), part(out, 0, 90)).negative_rows;
  CHECK(negative > 5);
  state.reset();
  Qkv<float> bad = x;
  bad.k(0, 0, 95, 0) = 1e38F;
  CHECK_THROWS_AS(state.advance(bad.inputs(), out.view()), InvalidArgument);
  state.reset();
  const Qkv<float> one{normal_tensor<float>(1, 1, 1, 6, 1, 0.0),
                       normal_tensor<float>(1, 1, 1, 6, 1, 0.0),
                       normal_tensor<float>(1, 1, 1, 3, 1)};
  Tensor<float> row = one.output();
  CHECK(state.advance(one.inputs(), row.view()).negative_rows == 0);
}

TEST_CASE("lengths beyond 2^60 are refused", "[attention][state]") {
  const FeatureMap<float> map(map_spec(2, 2, PositiveFeatures{}));
  AttentionState<float> state(map, 1, 1, 1);
  const Qkv<float> x = normal_qkv<float>({1, 1, 1, 3, 3, 2, 1}, 27);
  state.append(x.k.view(), x.v.view());
  Archive archive = state.save();
  archive.metadata["length"] = "4611686018427387904";
  CHECK_THROWS_WITH(AttentionState<float>::load(map, archive), Contains("'length'"));
  archive.metadata["length"] = "1152921504606846976";
  AttentionState<float> longest = AttentionState<float>::load(map, archive);
  CHECK_THROWS_WITH(longest.append(x.k.view(), x.v.view()), Contains("2^60"));
  Tensor<float> out = x.output();
  CHECK_THROWS_WITH(longest.advance(x.inputs(), out.view()), Contains("2^60"));
  CHECK_THROWS_WITH(longest.merge(state), Contains("2^60"));
  CHECK(longest.length() == Index{1} << 60);
  CHECK_THROWS_WITH(AttentionState<float>(map, Index{1} << 40, Index{1} << 40, 1),
                    Contains("too many"));
}

TEST_CASE("a million tokens leave the float state where the double one is", "[attention][state]") {
  // Sums of positive values and weights, whose naive float accumulation drifts.
  const Index length = 1 << 20;
  const FeatureMap<float> map(map_spec(2, 4, PositiveFeatures{}));
  const FeatureMap<double> wide_map(map_spec(2, 4, PositiveFeatures{}));
  AttentionState<float> state(map, 1, 1, 1);
  AttentionState<double> wide(wide_map, 1, 1, 1);
  const Stream stream(Seed{24}, Purpose::study);
  std::vector<float> k(2);
  float v = 0.0F;
  std::vector<double> wide_k(2);
  double wide_v = 0.0;
  float naive = 0.0F;
  double exact_sum = 0.0;
  std::vector<double> draws(3);
  for (Index i = 0; i < length; ++i) {
    stream.normals(static_cast<std::uint64_t>(4 * i), draws);
    for (std::size_t c = 0; c < 2; ++c) wide_k[c] = k[c] = static_cast<float>(0.5 * draws[c]);
    wide_v = v = static_cast<float>(1.0 + 0.1 * draws[2]);
    const std::array<Index, 4> one{1, 1, 1, 2};
    const std::array<Index, 4> scalar{1, 1, 1, 1};
    state.append({k.data(), one}, {&v, scalar});
    wide.append({wide_k.data(), one}, {&wide_v, scalar});
    naive += v;
    exact_sum += wide_v;
  }
  const Qkv<float> x = normal_qkv<float>({1, 1, 1, 50, 1, 2, 1}, 25);
  Tensor<float> out(1, 1, 50, 1);
  Tensor<double> wide_out(1, 1, 50, 1);
  Tensor<double> wide_q(1, 1, 50, 2);
  std::copy(x.q.elements.begin(), x.q.elements.end(), wide_q.elements.begin());
  state.attend(x.q.view(), out.view());
  wide.attend(static_cast<const Tensor<double>&>(wide_q).view(), wide_out.view());
  CHECK(largest_difference(out, wide_out) <= 1e-6);
  // The state itself, in numbers: sums over the keys of whole chunks, of which there are 2^14.
  const Archive saved = state.save();
  const Archive wide_saved = wide.save();
  const auto number = [](const Archive& archive, const std::string& name, Index f, Index column) {
    const auto entry = [&](const std::string& key, Index at) {
      return std::visit([&](const auto& m) { return static_cast<double>(m(0, at)); },
                        archive.arrays.at(key));
    };
    return std::ldexp(entry(name, column) + entry(name + "_rest", column),
                      static_cast<int>(entry("exponent", f)));
  };
  for (Index f = 0; f < 4; ++f) {
    // Rows of `values` are padded, differently for each scalar.
    const auto column = [&](const Archive& archive) {
      return f *
             std::visit([](const auto& m) { return m.cols() / 4; }, archive.arrays.at("values"));
    };
    CHECK(number(saved, "values", f, column(saved)) ==
          Approx(number(wide_saved, "values", f, column(wide_saved))).epsilon(1e-6));
    CHECK(number(saved, "mass", f, f) == Approx(number(wide_saved, "mass", f, f)).epsilon(1e-6));
  }
  // The twin: one naive sum of the same values is far off.
  CHECK(std::abs(double{naive} / exact_sum - 1.0) > 1e-5);
}
