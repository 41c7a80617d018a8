// SPDX-License-Identifier: Apache-2.0
#include <bochner/core/matrix.hpp>
#include <bochner/estimator/gram_error.hpp>
#include <bochner/estimator/output_error.hpp>
#include <bochner/estimator/recommend.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <variant>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

Matrix<double> normal_rows(Index rows, Index cols, std::uint64_t seed, double size,
                           double shift = 0.0) {
  Matrix<double> x(rows, cols);
  Stream(Seed{seed}, Purpose::study).normals(0, {x.data(), static_cast<std::size_t>(x.size())});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = size * x.data()[i] + shift;
  return x;
}

}  // namespace

TEST_CASE("the ranking is that of the predicted errors, cheap first among equals", "[recommend]") {
  const Matrix<double> q = normal_rows(60, 16, 1, 0.25);
  const Matrix<double> k = normal_rows(50, 16, 2, 0.25);
  const Recommendation advice =
      recommend(SoftmaxKernel{}, q.view(), k.view(), {.num_features = 64, .seed = {3}});
  REQUIRE(advice.ranked.size() > 20);
  double best = std::numeric_limits<double>::infinity();
  for (const Candidate& candidate : advice.ranked) {
    CHECK(num_features(candidate.spec) == 64);
    CHECK(candidate.spec.seed == Seed{3});
    CHECK(candidate.error ==
          Approx(gram_error<double>(candidate.spec, q.view(), k.view()).relative_error));
    best = std::min(best, candidate.error);
  }
  CHECK(advice.ranked.front().error <= 1.02 * best);
  for (const Candidate& candidate : advice.ranked) {
    if (candidate.error <= 1.02 * best) CHECK(advice.ranked.front().cost <= candidate.cost);
  }
  CHECK_THAT(advice.reason, Contains("predicted relative error"));
  const bool exact = std::visit([](const auto& p) { return p.exact_marginal(); },
                                advice.ranked.front().spec.projection);
  CHECK((exact || advice.reason.find("best unbiased map") != std::string::npos));
  CHECK(advice.warning.empty());
}

TEST_CASE("a common shift of the inputs is centred away", "[recommend]") {
  const Matrix<double> q = normal_rows(60, 16, 1, 0.2, 0.4);
  const Matrix<double> k = normal_rows(60, 16, 2, 0.2, 0.4);
  const Recommendation advice =
      recommend(SoftmaxKernel{}, q.view(), k.view(), {.num_features = 64, .seed = {3}});
  CHECK(advice.ranked.front().spec.transform != PairTransform{});
  CHECK_THAT(advice.reason, Contains("centred"));
}

TEST_CASE("shift-invariant kernels get maps that suit them", "[recommend]") {
  const Matrix<double> x = normal_rows(80, 16, 1, 0.5);
  const Recommendation advice =
      recommend(GaussianKernel{}, x.view(), x.view(), {.num_features = 128, .seed = {}});
  CHECK(std::holds_alternative<TrigonometricFeatures>(advice.ranked.front().spec.features));
  CHECK_FALSE(std::holds_alternative<IidProjection>(advice.ranked.front().spec.projection));
}

TEST_CASE("attention is ranked by the error of its output", "[recommend]") {
  const Matrix<double> q = normal_rows(100, 8, 1, 0.5);
  const Matrix<double> k = normal_rows(120, 8, 2, 0.5);
  const Matrix<double> v = normal_rows(120, 3, 4, 1.0);
  const Recommendation advice = recommend_for_attention(
      SoftmaxKernel{}, q.view(), k.view(), v.view(), {.num_features = 64, .seed = {9}}, 8);
  CHECK_THAT(advice.reason, Contains("error of the output over 8 redraws"));
  const OutputError predicted =
      output_error(advice.ranked.front().spec, q.view(), k.view(), v.view());
  // Coupled frequencies with one parameter per direction are predicted as independent ones.
  const double error = advice.ranked.front().error;
  CHECK(predicted.relative_error > 0.7 * error);
  CHECK(predicted.relative_error < (predicted.is_upper ? 2.0 : 1.3) * error);
  CHECK_THAT(advice.reason, Contains(predicted.is_upper ? "; to first order at most 0."
                                                        : "; to first order 0."));
  CHECK(advice.ranked.front().error > 0.0);
  CHECK(advice.ranked.front().error < 0.5 * advice.ranked.back().error);

  // Constant values are reproduced exactly by every map: the ratio's errors cancel.
  Matrix<double> ones(120, 1);
  for (Index j = 0; j < 120; ++j) ones(j, 0) = 1.0;
  const Recommendation trivial = recommend_for_attention(
      SoftmaxKernel{}, q.view(), k.view(), ones.view(), {.num_features = 64, .seed = {9}}, 2);
  for (const Candidate& candidate : trivial.ranked) CHECK(candidate.error < 1e-9);
}

TEST_CASE("a best map for attention without a closed form is recommended too", "[recommend]") {
  // Terms up to the first degree are nearly all of exp(x.y) here, and Maclaurin features have them.
  const Matrix<double> x = normal_rows(20, 3, 1, 0.05);
  const Recommendation advice = recommend_for_attention(
      SoftmaxKernel{}, x.view(), x.view(), x.view(), {.num_features = 8, .seed = {}}, 2);
  CHECK(std::holds_alternative<MaclaurinFeatures>(advice.ranked.front().spec.features));
  CHECK_THAT(advice.reason, !Contains("first order"));
}

TEST_CASE("inputs without an answer are refused", "[recommend]") {
  Matrix<double> x = normal_rows(5, 3, 1, 1.0);
  const Matrix<double> y = normal_rows(5, 4, 1, 1.0);
  CHECK_THROWS_WITH(recommend(GaussianKernel{}, x.view(), y.view(), {}), Contains("equal columns"));
  CHECK_THROWS_WITH(recommend(GaussianKernel{}, x.view().middle_rows(0, 0), x.view(), {}),
                    Contains("0 x 3"));
  CHECK_THROWS_WITH(
      recommend(GaussianKernel{}, x.view(), x.view(), {.num_features = 1, .seed = {}}),
      Contains("at least 2"));
  CHECK_THROWS_WITH(
      recommend_for_attention(GaussianKernel{}, x.view(), x.view(), y.view().middle_rows(0, 3), {}),
      Contains("values is 3 x 4, expected 5 x m (one per key)"));
  CHECK_THROWS_WITH(recommend_for_attention(GaussianKernel{}, x.view(), x.view(), x.view(), {}, 1),
                    Contains("redraws is 1"));
  x(2, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(recommend(GaussianKernel{}, x.view(), x.view(), {}),
                    Contains("row 2, column 1"));
}

TEST_CASE("errors that are rounding alone count as equal, and the cheapest map leads", "[plan]") {
  Matrix<double> x(8, 5);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = i % 2 == 0 ? 0.3 : 0.1 + 0.2;
  const Recommendation advice =
      recommend(GaussianKernel{}, x.view(), x.view(), {.num_features = 64});
  const Candidate& first = advice.ranked.front();
  CHECK(first.error < 1e-12);
  int exact = 0;
  for (const Candidate& candidate : advice.ranked) {
    if (!(candidate.error < 1e-12)) continue;
    ++exact;
    CHECK(first.cost <= candidate.cost);
  }
  CHECK(exact > 2);
}
