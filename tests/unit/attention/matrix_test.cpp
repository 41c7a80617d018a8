// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/matrix.hpp>
#include <bochner/estimator/gram_error.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

std::vector<AttentionRow> some_rows() {
  return {{0, 0, 0}, {1, 3, 99}, {0, 1, 50}, {1, 2, 99}, {0, 0, 63}, {0, 0, 64}, {0, 0, 0}};
}

/// Rows times values against an attention's output.
template <class T>
double difference(const Matrix<T>& weights, const Qkv<T>& x, const Tensor<T>& out) {
  const Index share = x.q.extents[1] / x.k.extents[1];
  const std::vector<AttentionRow> rows = some_rows();
  double worst = 0.0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto& [b, h, i] = rows[r];
    for (Index c = 0; c < x.v.extents[3]; ++c) {
      double sum = 0.0;
      for (Index j = 0; j < weights.cols(); ++j) {
        const double weight = static_cast<double>(weights(static_cast<Index>(r), j));
        if (weight != 0.0) sum += weight * static_cast<double>(x.v(b, h / share, j, c));
      }
      const double error = std::abs(sum - static_cast<double>(out(b, h, i, c)));
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("rows of the matrix times the values are the output", "[attention][matrix]",
                   float, double) {
  using T = TestType;
  const double unit = std::is_same_v<T, float> ? 4e-6 : 2e-14;
  std::vector<char> live(2 * 150, 1);
  for (std::size_t j = 0; j < live.size(); j += 3) live[j] = 0;
  const MatrixView<const bool> key_mask(reinterpret_cast<const bool*>(live.data()), 2, 150);
  for (const double size : {0.6, 9.0}) {
    Qkv<T> x = normal_qkv<T>({2, 4, 2, 100, 150, 5, 3}, 61, size);
    x.k(0, 0, 0, 1) = std::numeric_limits<T>::quiet_NaN();  // masked
    for (const FeatureFunction& features : some_features()) {
      const bool is_signed = std::holds_alternative<TrigonometricFeatures>(features) ||
                             std::holds_alternative<CosineFeatures>(features);
      if (is_signed && size > 1.0) continue;  // their normalisers are noise there
      const FeatureMap<T> map(map_spec(5, 24, features));
      for (const Mask mask : {Mask::none, Mask::causal}) {
        CAPTURE(to_text(features), size, mask == Mask::causal);
        const AttentionOptions options{
            .mask = mask, .query_offset = mask == Mask::causal ? 10 : 0, .key_mask = key_mask};
        Tensor<T> out = x.output();
        attention<T>(map, x.inputs(), out.view(), options);
        Matrix<T> weights(7, 150);
        attention_rows<T>(map, x.q.view(), x.k.view(), some_rows(), weights.view(), options,
                          Execution{2});
        CHECK(difference(weights, x, out) <= (is_signed ? 1e3 : size) * unit);
        Matrix<T> one(1, 150);  // the same bits alone
        attention_rows<T>(map, x.q.view(), x.k.view(), std::vector{some_rows()[1]}, one.view(),
                          options);
        CHECK(std::equal(one.data(), one.data() + 150, weights.row(1)));
        exact_attention<T>(map.spec().kernel, x.inputs(), out.view(), options);
        exact_attention_rows<T>(map.spec().kernel, x.q.view(), x.k.view(), some_rows(),
                                weights.view(), options, Execution{2});
        CHECK(difference(weights, x, out) <= 20 * size * unit);
      }
    }
  }
}

TEST_CASE("rows of many features are the exact rows", "[attention][matrix]") {
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 100, 120, 4, 1}, 62, 0.4);
  const FeatureMap<double> map(map_spec(4, 4096, HyperbolicOprfFeatures{-0.01}));
  Matrix<double> approximate(7, 120);
  Matrix<double> exact(7, 120);
  attention_rows<double>(map, x.q.view(), x.k.view(), some_rows(), approximate.view());
  exact_attention_rows<double>(SoftmaxKernel{}, x.q.view(), x.k.view(), some_rows(), exact.view());
  double squares = 0.0;
  double norm = 0.0;
  for (Index e = 0; e < exact.size(); ++e) {
    squares += std::pow(approximate.data()[e] - exact.data()[e], 2);
    norm += std::pow(exact.data()[e], 2);
  }
  // Closed form of the matrix before it is normalised, of one head.
  const auto rows = [](const Tensor<double>& t) {
    return MatrixView<const double>(t.elements.data(), t.extents[2], 4);
  };
  const double expected = gram_error<double>(map.spec(), rows(x.q), rows(x.k)).relative_error;
  CHECK(std::sqrt(squares / norm) < 2.0 * expected);
  CHECK(std::sqrt(squares / norm) > 0.25 * expected);
}

TEST_CASE("rows of packed sequences, empty rows, and what is refused", "[attention][matrix]") {
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 6, 6, 2, 1}, 63);
  const FeatureMap<double> map(map_spec(2, 8, PositiveFeatures{}));
  const std::vector<Index> bounds{0, 2, 6};
  Matrix<double> weights(2, 6);
  const std::vector<AttentionRow> rows{{0, 0, 1}, {0, 0, 3}};
  attention_rows<double>(map, x.q.view(), x.k.view(), rows, weights.view(),
                         {.mask = Mask::causal, .cu_seqlens = bounds});
  for (const Index j : {2, 3, 4, 5}) CHECK(weights(0, j) == 0.0);
  for (const Index j : {0, 1, 4, 5}) CHECK(weights(1, j) == 0.0);
  CHECK(weights(0, 0) + weights(0, 1) == Approx(1.0));
  CHECK(weights(1, 2) + weights(1, 3) == Approx(1.0));
  const std::vector<Index> nothing{0};
  attention_rows<double>(map, x.q.view(), x.k.view(), rows, weights.view(),
                         {.key_lengths = nothing});
  CHECK(*std::max_element(weights.data(), weights.data() + 12) == 0.0);
  exact_attention_rows<double>(SoftmaxKernel{}, x.q.view(), x.k.view(), rows, weights.view(),
                               {.key_lengths = nothing});
  CHECK(*std::max_element(weights.data(), weights.data() + 12) == 0.0);
  const auto run = [&](const AttentionRow& row, Matrix<double>& out) {
    attention_rows<double>(map, x.q.view(), x.k.view(), std::vector{row, row}, out.view());
  };
  CHECK_THROWS_WITH(run({0, 0, 6}, weights), Contains("rows[0] is batch 0, head 0, query 6"));
  CHECK_THROWS_WITH(run({0, -1, 0}, weights), Contains("head -1"));
  CHECK_THROWS_WITH(run({1, 0, 0}, weights), Contains("batch 1"));
  Matrix<double> narrow(2, 5);
  CHECK_THROWS_WITH(run({0, 0, 0}, narrow), Contains("out is 2 x 5, expected 2 x 6"));
}
