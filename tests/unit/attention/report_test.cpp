// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/report.hpp>

#include "client/attention/seen_rows.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>

using namespace bochner;
using namespace bochner::attention_internals;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

template <class T>
double relative_error(const Tensor<T>& out, const Tensor<T>& exact) {
  double error = 0.0;
  double norm = 0.0;
  for (std::size_t e = 0; e < out.elements.size(); ++e) {
    const auto o = static_cast<double>(exact.elements[e]);
    error += std::pow(static_cast<double>(out.elements[e]) - o, 2);
    norm += o * o;
  }
  return std::sqrt(error / norm);
}

}  // namespace

TEST_CASE("the report measures the error of the rows it samples", "[attention][report]") {
  const FeatureMap<double> map(map_spec(4, 64, HyperbolicFeatures{}, SoftmaxKernel{0.5}));
  const Qkv<double> x = normal_qkv<double>({2, 2, 1, 40, 60, 4, 3}, 71, 0.7);
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const AttentionOptions options{.mask = mask};
    Tensor<double> out = x.output();
    Tensor<double> exact = x.output();
    attention<double>(map, x.inputs(), out.view(), options);
    exact_attention<double>(map.spec().kernel, x.inputs(), exact.view(), options);
    const AttentionComparison all = attention_report<double>(map, x.inputs(), 1000, options);
    CHECK(all.rows == 160);
    CHECK(all.output_error == Approx(relative_error(out, exact)).epsilon(1e-12));
    CHECK_FALSE(all.prediction_is_upper);
    CHECK_FALSE(all.sentence.empty());
    const AttentionComparison some = attention_report<double>(map, x.inputs(), 40, options, {3});
    CHECK(some.rows == 40);
    CHECK(some.output_error == Approx(all.output_error).epsilon(0.5));
    const AttentionComparison serial = attention_report<double>(map, x.inputs(), 40, options, {1});
    CHECK(some.output_error == serial.output_error);
    CHECK(some.predicted_error == serial.predicted_error);
    CHECK(some.norms.mean == serial.norms.mean);
  }
}

TEST_CASE("the report's norms are those of the pairs", "[attention][report]") {
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 6, 9, 3, 2}, 72);
  const double scale = 0.3;
  for (const FeatureFunction& features : some_features()) {
    const double sign = std::holds_alternative<TrigonometricFeatures>(features) ||
                                std::holds_alternative<CosineFeatures>(features)
                            ? -1.0
                            : 1.0;
    std::vector<double> norms;
    for (Index i = 0; i < 6; ++i) {
      for (Index j = 0; j <= i; ++j) {
        double square = 0.0;
        for (Index c = 0; c < 3; ++c) {
          square += scale * std::pow(x.q(0, 0, i, c) + sign * x.k(0, 0, j, c), 2);
        }
        norms.push_back(square);
      }
    }
    std::sort(norms.begin(), norms.end());
    const FeatureMap<double> map(map_spec(3, 8, features, SoftmaxKernel{scale}));
    const AttentionComparison quality =
        attention_report<double>(map, x.inputs(), 100, {.mask = Mask::causal});
    CAPTURE(to_text(features));
    const auto count = static_cast<double>(norms.size());
    CHECK(quality.norms.mean ==
          Approx(std::accumulate(norms.begin(), norms.end(), 0.0) / count).epsilon(1e-12));
    CHECK(quality.norms.median == Approx(norms[10]).epsilon(1e-12));
    CHECK(quality.norms.upper == Approx(norms[19]).epsilon(1e-12));
    CHECK(quality.norms.largest == Approx(norms[20]).epsilon(1e-12));
  }
}

TEST_CASE("the predicted error is that of redraws", "[attention][report]") {
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 16, 32, 8, 4}, 73, 0.25);
  for (const FeatureFunction& features : some_features()) {
    for (const Projection& projection :
         {Projection(IidProjection{}), Projection(OrthogonalProjection{}),
          Projection(AntitheticProjection{Directions::independent}),
          Projection(OrthogonalProjection{Radii::constant}), Projection(SobolProjection{})}) {
      double squares = 0.0;
      double predicted = 0.0;
      const int draws = 40;
      for (int draw = 0; draw < draws; ++draw) {
        FeatureMapSpec spec = map_spec(8, 256, features);
        spec.seed.value += static_cast<std::uint64_t>(draw);
        spec.projection = projection;
        const AttentionComparison quality =
            attention_report<double>(FeatureMap<double>(spec), x.inputs(), 48);
        squares += std::pow(quality.output_error, 2);
        predicted += std::pow(quality.predicted_error, 2);
        CHECK(quality.prediction_holds);
        CHECK(quality.prediction_is_upper == std::holds_alternative<SobolProjection>(projection));
      }
      CAPTURE(to_text(features), to_text(projection));
      const double ratio = std::sqrt(squares / predicted);
      CHECK(ratio < 1.15);
      if (!std::holds_alternative<SobolProjection>(projection)) CHECK(ratio > 0.85);
    }
  }
}

TEST_CASE("the report counts the rows of the whole output", "[attention][report]") {
  const FeatureMap<float> map(map_spec(4, 16, TrigonometricFeatures{}));
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 30, 40, 4, 3}, 74, 0.3);
  const std::vector<Index> lengths{40};
  const AttentionComparison causal = attention_report<float>(
      map, x.inputs(), 5, {.mask = Mask::causal, .query_offset = -10, .key_lengths = lengths});
  CHECK(causal.attention.empty_rows == 10);
  CHECK(causal.attention.arithmetic == "float");
  const AttentionComparison reduced =
      attention_report<float>(map, x.inputs(), 5, {.products = Products::bfloat16});
  CHECK_THAT(reduced.attention.arithmetic, Catch::Matchers::StartsWith("bfloat16"));
  const std::vector<Index> nothing{0};
  const AttentionComparison empty =
      attention_report<float>(map, x.inputs(), 5, {.key_lengths = nothing});
  CHECK(empty.attention.empty_rows == 30);
  CHECK(empty.rows == 0);
  CHECK_THAT(empty.sentence, Contains("nothing to attend to"));
}

TEST_CASE("the report gives one piece of advice", "[attention][report]") {
  const auto report = [](const Qkv<double>& x, const FeatureFunction& features, Index m) {
    return attention_report<double>(FeatureMap<double>(map_spec(8, m, features)), x.inputs(), 16);
  };
  // Values that have something to do with the keys: noise would leave nothing to be right about.
  const auto problem = [](Index keys, double size) {
    Qkv<double> x = normal_qkv<double>({1, 1, 1, 2000, keys, 8, 8}, 75, size);
    for (std::size_t e = 0; e < x.v.elements.size(); ++e) x.v.elements[e] = x.k.elements[e];
    return x;
  };
  const AttentionComparison few_keys = report(problem(40, 0.3), HyperbolicFeatures{}, 64);
  CHECK(few_keys.advice == AttentionAdvice::keep_exact);
  CHECK_THAT(few_keys.sentence, Contains("40 keys it is the faster"));

  const Qkv<double> x = problem(2000, 0.3);
  const AttentionComparison good = report(problem(4000, 0.3), HyperbolicOprfFeatures{-0.07}, 512);
  CHECK(good.advice == AttentionAdvice::fine);
  CHECK(good.output_error <= 0.1);
  CHECK(good.frequencies_needed <= 512);
  CHECK(good.frequencies_needed % 8 == 0);

  const AttentionComparison positive = report(x, PositiveFeatures{}, 16);
  CHECK(positive.advice == AttentionAdvice::change_map);
  CHECK_THAT(positive.sentence, Contains("hyperbolic_oprf") || Contains("hyperbolic-oprf"));

  const AttentionComparison small = report(x, HyperbolicOprfFeatures{-0.07}, 8);
  CHECK(small.advice == AttentionAdvice::more_frequencies);
  CHECK(small.frequencies_needed > 8);
  CHECK_THAT(small.sentence, Contains(std::to_string(small.frequencies_needed)));

  Qkv<double> shifted = x;
  for (double& q : shifted.q.elements) q += 0.8;
  for (double& k : shifted.k.elements) k += 0.8;
  const AttentionComparison off_centre = report(shifted, HyperbolicFeatures{}, 64);
  CHECK(off_centre.advice == AttentionAdvice::centre);
  CHECK(off_centre.centred_mean < 0.2 * off_centre.norms.mean);
  CHECK_FALSE(off_centre.prediction_holds);

  const AttentionComparison hopeless = report(problem(2000, 1.5), HyperbolicOprfFeatures{-1.0}, 64);
  CHECK(hopeless.advice == AttentionAdvice::keep_exact);
  CHECK_THAT(hopeless.sentence, Contains("would take longer"));
}

TEST_CASE("a NaN in any one of many keys or values is refused", "[attention][report]") {
  const FeatureMap<double> map(map_spec(3, 4, PositiveFeatures{}));
  constexpr Index kKeys = 600;  // more than the prediction looks at
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 1, kKeys, 3, 2}, 77);
  for (Index key = 0; key < kKeys; ++key) {
    Qkv<double> bad_key = x;
    bad_key.k(0, 0, key, 2) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(attention_report<double>(map, bad_key.inputs(), 1, {}, {1}),
                      Contains("expected finite"));
    Qkv<double> bad_value = x;
    bad_value.v(0, 0, key, 1) = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(attention_report<double>(map, bad_value.inputs(), 1, {}, {1}),
                      Contains("expected finite"));
  }
}

TEST_CASE("what is not live may hold anything; what is seen may not", "[attention][report]") {
  const FeatureMap<double> map(map_spec(4, 16, PositiveFeatures{}));
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 5, 5, 4, 3}, 76);
  const std::vector<Index> four{4};
  const double clean =
      attention_report<double>(map, x.inputs(), 5, {.key_lengths = four}).output_error;
  x.k(0, 0, 4, 1) = std::numeric_limits<double>::quiet_NaN();
  x.v(0, 0, 4, 0) = std::numeric_limits<double>::infinity();
  CHECK(attention_report<double>(map, x.inputs(), 5, {.key_lengths = four}).output_error == clean);
  CHECK_THROWS_WITH(attention_report<double>(map, x.inputs(), 5),
                    Contains("attention_report: keys have a NaN at position 4"));
  CHECK_THROWS_WITH(attention_report<double>(map, x.inputs(), 0), Contains("sample_rows is 0"));
  const FeatureMap<double> matern(map_spec(4, 16, TrigonometricFeatures{}, MaternKernel{}));
  x = normal_qkv<double>({1, 1, 1, 5, 5, 4, 3}, 76);
  CHECK_THROWS_AS(attention_report<double>(matern, x.inputs(), 5), InvalidArgument);
  x.v = Tensor<double>(1, 1, 5, 0);
  CHECK_THROWS_WITH(attention_report<double>(map, x.inputs(), 5),
                    Contains("values have no columns"));
}

TEST_CASE("the report sees every phase of keys that come with a period", "[attention][report]") {
  // One key of two, or of four, is far from the origin.
  for (const Index period : {2, 4}) {
    const Index keys = 512 * period;
    const FeatureMap<double> map(map_spec(3, 16, HyperbolicFeatures{}, SoftmaxKernel{1.0}));
    Qkv<double> x{Tensor<double>(1, 1, 8, 3), Tensor<double>(1, 1, keys, 3),
                  normal_tensor<double>(1, 1, keys, 2, 75)};
    for (Index j = period - 1; j < keys; j += period) x.k(0, 0, j, 0) = 1.0;
    const AttentionComparison quality = attention_report<double>(map, x.inputs());
    CHECK(quality.norms.mean == Approx(1.0 / static_cast<double>(period)).epsilon(0.2));
    CHECK(quality.norms.largest == Approx(1.0));
  }
}

TEST_CASE("the report takes no row and no key twice", "[attention][report]") {
  for (const Index total : {512, 513, 700, 768, 1000, 1023, 1024, 5000}) {
    Qkv<double> x{Tensor<double>(1, 1, total, 1), Tensor<double>(1, 1, total, 1),
                  Tensor<double>(1, 1, total, 1)};
    for (Index j = 0; j < total; ++j) x.k(0, 0, j, 0) = static_cast<double>(j);
    const AttentionProblem problem = attention_problem<double>(Door("test"), x.inputs(), {});
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(total, seed);
      const std::vector<AttentionRow> rows = sampled_rows(x.q.extents, 512, Seed{seed});
      REQUIRE(rows.size() == 512);
      const std::vector<SeenRows> seen =
          seen_rows<double>(Door("test"), problem, x.inputs(), rows, Seed{seed});
      REQUIRE(seen.size() == 1);
      const Matrix<double>& keys = seen[0].keys;
      REQUIRE(keys.rows() == 512);
      int unordered = 0;
      for (std::size_t r = 1; r < 512; ++r) {
        const auto k = static_cast<Index>(r);
        unordered += rows[r - 1].query < rows[r].query ? 0 : 1;
        unordered += keys(k - 1, 0) < keys(k, 0) ? 0 : 1;
      }
      CHECK(unordered == 0);
      CHECK((rows.front().query >= 0 && rows.back().query < total));
      CHECK((keys(0, 0) >= 0.0 && keys(511, 0) < static_cast<double>(total)));
    }
  }
}

TEST_CASE("the report's error does not depend on the size of values", "[attention][report]") {
  const FeatureMap<double> map(map_spec(4, 32, HyperbolicFeatures{}, SoftmaxKernel{0.5}));
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 20, 60, 4, 3}, 76, 0.7);
  const double expected = attention_report<double>(map, x.inputs()).output_error;
  CHECK(expected > 1e-3);
  for (const double size : {0x1p-600, 0x1p-900, 0x1p600, 0x1p900}) {
    Qkv<double> y = x;
    for (double& v : y.v.elements) v *= size;
    CHECK(attention_report<double>(map, y.inputs()).output_error ==
          Approx(expected).epsilon(1e-12));
  }
}
