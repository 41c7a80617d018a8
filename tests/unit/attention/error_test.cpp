// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/error.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

/// One output entry from the features with keep(frequency), pair by pair.
template <class T>
double output_without(const FeatureMap<T>& map, const Qkv<T>& x, Index b, Index h, Index i, Index c,
                      const std::function<bool(Index)>& sees,
                      const std::function<bool(Index)>& keep) {
  const Index share = x.q.extents[1] / x.k.extents[1];
  const Index m = map.spec().num_frequencies;
  const auto phi_q = features_of(map, Side::query, &x.q(b, h, i, 0));
  long double numerator = 0;
  long double normaliser = 0;
  for (Index j = 0; j < x.k.extents[2]; ++j) {
    if (!sees(j)) continue;
    const auto phi_k = features_of(map, Side::key, &x.k(b, h / share, j, 0));
    for (std::size_t f = 0; f < phi_q.size(); ++f) {
      if (!keep(static_cast<Index>(f) % m)) continue;
      const long double weight =
          phi_q[f].value * phi_k[f].value * exp2l(phi_q[f].exponent + phi_k[f].exponent);
      normaliser += weight;
      numerator += weight * static_cast<long double>(x.v(b, h / share, j, c));
    }
  }
  return static_cast<double>(numerator / normaliser);
}

/// The jackknife from its definition.
template <class T>
double jackknife(const FeatureMap<T>& map, Index block, const Qkv<T>& x, Index b, Index h, Index i,
                 Index c, const std::function<bool(Index)>& sees) {
  const Index m = map.spec().num_frequencies;
  const Index blocks = (m + block - 1) / block;
  const double whole = output_without<T>(map, x, b, h, i, c, sees, [](Index) { return true; });
  std::vector<double> without;
  std::vector<double> ratio;
  double centre = static_cast<double>(blocks) * whole;
  for (Index g = 0; g < blocks; ++g) {
    without.push_back(
        output_without<T>(map, x, b, h, i, c, sees, [=](Index f) { return f / block != g; }));
    ratio.push_back(static_cast<double>(m) / static_cast<double>(std::min(block, m - g * block)));
    centre -= (1.0 - 1.0 / ratio.back()) * without.back();
  }
  double sum = 0.0;
  for (std::size_t g = 0; g < without.size(); ++g) {
    const double pseudo = ratio[g] * whole - (ratio[g] - 1.0) * without[g];
    sum += std::pow(pseudo - centre, 2) / (ratio[g] - 1.0);
  }
  return std::sqrt(sum / static_cast<double>(blocks));
}

}  // namespace

TEMPLATE_TEST_CASE("standard errors are the jackknife of the blocks", "[attention][error]", float,
                   double) {
  using T = TestType;
  const double tolerance = std::is_same_v<T, float> ? 2e-4 : 1e-9;
  for (const FeatureFunction& features : some_features()) {
    for (const Index m : {16, 23}) {  // whole blocks, and a truncated one
      const FeatureMap<T> map(map_spec(2, m, features));
      const Qkv<T> x = normal_qkv<T>({2, 2, 1, 70, 80, 2, 3}, 41, 0.4);
      for (const Mask mask : {Mask::none, Mask::causal}) {
        CAPTURE(to_text(features), m, mask == Mask::causal);
        const AttentionOptions options{.mask = mask, .query_offset = mask == Mask::causal ? 5 : 0};
        Tensor<T> out = x.output();
        Tensor<T> plain = x.output();
        Tensor<T> error = x.output();
        Tensor<T> norm(2, 2, 70, 1);
        const AttentionErrorReport report = attention_with_error<T>(
            map, x.inputs(), out.view(), error.view(), options, {}, Execution{2});
        attention_with_error<T>(map, x.inputs(), out.view(), norm.view(), options);
        attention<T>(map, x.inputs(), plain.view(), options);
        CHECK(same_bits(out, plain));
        CHECK(report.source == AttentionErrorSource::blocks);
        CHECK(report.groups == (m + 1) / 2);
        CHECK(report.degrees_of_freedom == Approx(static_cast<double>(m) / 2.0 - 1.0));
        for (const Index i : {0, 1, 33, 69}) {
          const auto sees = [&](Index j) { return mask == Mask::none || j <= i + 5; };
          double squares = 0.0;
          for (Index c = 0; c < 3; ++c) {
            const double expected = jackknife<T>(map, 2, x, 1, 1, i, c, sees);
            CHECK(static_cast<double>(error(1, 1, i, c)) ==
                  Approx(expected).epsilon(tolerance).margin(tolerance * 1e-3));
            squares += std::pow(static_cast<double>(error(1, 1, i, c)), 2);
          }
          CHECK(static_cast<double>(norm(1, 1, i, 0)) == Approx(std::sqrt(squares)).epsilon(1e-6));
        }
      }
    }
  }
}

TEST_CASE("independent frequencies are grouped, and rows as blocks would show",
          "[attention][error]") {
  FeatureMapSpec spec = map_spec(4, 256, PositiveFeatures{});
  spec.projection = IidProjection{};
  const FeatureMap<double> map(spec);
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 3, 20, 4, 1}, 42, 0.4);
  Tensor<double> out = x.output();
  Tensor<double> error = x.output();
  const AttentionErrorReport report =
      attention_with_error<double>(map, x.inputs(), out.view(), error.view());
  CHECK(report.groups == 64);
  CHECK(report.degrees_of_freedom == 63.0);
  const auto sees = [](Index) { return true; };
  CHECK(error(0, 0, 1, 0) == Approx(jackknife<double>(map, 4, x, 0, 0, 1, 0, sees)).epsilon(1e-9));
  // The twin: rows of orthogonal blocks taken for independent. Trigonometric features at small
  // distances vary by 3 / (d + 2) of what their rows say.
  const FeatureMap<double> orthogonal(map_spec(4, 256, TrigonometricFeatures{}));
  double right = 0.0;
  double wrong = 0.0;
  attention_with_error<double>(orthogonal, x.inputs(), out.view(), error.view());
  for (Index i = 0; i < 3; ++i) {
    right += error(0, 0, i, 0);
    wrong += jackknife<double>(orthogonal, 1, x, 0, 0, i, 0, sees);
    CHECK(error(0, 0, i, 0) ==
          Approx(jackknife<double>(orthogonal, 4, x, 0, 0, i, 0, sees)).epsilon(1e-9));
  }
  CHECK(wrong / right > 1.2);
}

TEST_CASE("with few blocks the error is the spread of redraws", "[attention][error]") {
  const FeatureMapSpec spec = map_spec(4, 31, HyperbolicFeatures{});  // 7 whole blocks
  const FeatureMap<double> map(spec);
  const Qkv<double> x = normal_qkv<double>({1, 2, 1, 40, 40, 4, 2}, 43, 0.5);
  Tensor<double> out = x.output();
  Tensor<double> error = x.output();
  const AttentionErrorReport report = attention_with_error<double>(
      map, x.inputs(), out.view(), error.view(), {.mask = Mask::causal}, {.redraws = 5});
  CHECK(report.source == AttentionErrorSource::redraws);
  CHECK(report.groups == 5);
  CHECK(report.degrees_of_freedom == 4.0);
  CHECK(report.factor(0.95) == Approx(2.7764451).epsilon(1e-7));
  std::vector<Tensor<double>> draws;
  for (std::uint64_t r = 1; r <= 5; ++r) {
    FeatureMapSpec redraw = spec;
    redraw.seed.value += r;
    draws.push_back(x.output());
    attention<double>(FeatureMap<double>(redraw), x.inputs(), draws.back().view(),
                      {.mask = Mask::causal});
  }
  for (std::size_t e = 0; e < out.elements.size(); ++e) {
    double mean = 0.0;
    double squares = 0.0;
    for (const Tensor<double>& draw : draws) mean += draw.elements[e] / 5.0;
    for (const Tensor<double>& draw : draws) squares += std::pow(draw.elements[e] - mean, 2);
    // The first row sees one key: all draws agree but for rounding.
    CHECK(error.elements[e] == Approx(std::sqrt(squares / 4.0)).epsilon(1e-9).margin(1e-15));
  }
}

TEST_CASE("errors of rows without keys and of padded keys", "[attention][error]") {
  const FeatureMap<float> map(map_spec(2, 16, PositiveFeatures{}));
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 70, 70, 2, 2}, 44);
  const std::vector<Index> lengths{50};
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const AttentionOptions options{
        .mask = mask, .query_offset = mask == Mask::causal ? -6 : 0, .key_lengths = lengths};
    Tensor<float> out = x.output();
    Tensor<float> error = x.output();
    attention_with_error<float>(map, x.inputs(), out.view(), error.view(), options);
    Qkv<float> scribbled = x;
    for (Index j = 50; j < 70; ++j) {
      scribbled.k(0, 0, j, 1) = std::numeric_limits<float>::quiet_NaN();
      scribbled.v(0, 0, j, 0) = std::numeric_limits<float>::infinity();
    }
    Tensor<float> again = x.output();
    attention_with_error<float>(map, scribbled.inputs(), out.view(), again.view(), options, {},
                                Execution{3});
    CHECK(same_bits(again, error));
    if (mask == Mask::causal) {
      for (Index i = 0; i < 6; ++i) CHECK(error(0, 0, i, 0) == 0.0F);
    }
    CHECK(error(0, 0, 69, 0) > 0.0F);
  }
}

TEST_CASE("a block with all of the mass leaves the digits of the rest", "[attention][error]") {
  // Sums of the others by subtraction would cancel: (N - N_b) with N_b = N (1 - 1e-9).
  const FeatureMap<float> map(map_spec(2, 16, PositiveFeatures{}));
  const FeatureMap<double> wide(map_spec(2, 16, PositiveFeatures{}));
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 4, 6, 2, 1}, 45, 6.0);
  Qkv<double> y{Tensor<double>(1, 1, 4, 2), Tensor<double>(1, 1, 6, 2), Tensor<double>(1, 1, 6, 1)};
  std::copy(x.q.elements.begin(), x.q.elements.end(), y.q.elements.begin());
  std::copy(x.k.elements.begin(), x.k.elements.end(), y.k.elements.begin());
  std::copy(x.v.elements.begin(), x.v.elements.end(), y.v.elements.begin());
  Tensor<float> out = x.output();
  Tensor<float> error = x.output();
  attention_with_error<float>(map, x.inputs(), out.view(), error.view());
  const auto sees = [](Index) { return true; };
  for (Index i = 0; i < 4; ++i) {
    const double expected = jackknife<double>(wide, 2, y, 0, 0, i, 0, sees);
    CHECK(double{error(0, 0, i, 0)} == Approx(expected).epsilon(1e-3));
  }
}

TEST_CASE("attention_with_error refuses what does not fit", "[attention][error]") {
  const FeatureMap<double> map(map_spec(4, 32, PositiveFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 5, 5, 4, 3}, 46);
  Tensor<double> out = x.output();
  Tensor<double> error = x.output();
  Tensor<double> narrow(1, 1, 5, 2);
  const auto run = [&](TensorView<double, 4> to, TensorView<double, 4> se,
                       const AttentionErrorOptions& options) {
    attention_with_error<double>(map, x.inputs(), to, se, {}, options);
  };
  CHECK_THROWS_WITH(run(out.view(), narrow.view(), {}),
                    Contains("standard_error is 1 x 1 x 5 x 2"));
  CHECK_THROWS_WITH(run(out.view(), out.view(), {}), Contains("standard_error overlaps out"));
  CHECK_THROWS_WITH(run(out.view(), error.view(), {.redraws = 1}), Contains("redraws is 1"));
  CHECK_THROWS_WITH(AttentionErrorReport{}.factor(1.0), Contains("level is 1"));
}
