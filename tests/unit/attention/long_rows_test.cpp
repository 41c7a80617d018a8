// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/matrix.hpp>
#include <bochner/client/attention/state.hpp>
#include <bochner/estimator/optimal_parameter.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 8;

/// The default of the command line: the parameter for the mean |q + k|^2 of normal rows.
FeatureFunction own_parameter(double size) {
  return HyperbolicOprfFeatures{optimal_hyperbolic_oprf_parameter(2.0 * kDim * size * size, kDim)};
}

template <class T>
bool all_finite(const Tensor<T>& x) {
  return std::all_of(x.elements.begin(), x.elements.end(), [](T e) { return std::isfinite(e); });
}

}  // namespace

TEMPLATE_TEST_CASE("attention over long rows is finite, and right for its features",
                   "[attention][long_rows]", float, double) {
  using T = TestType;
  for (const double size : {100.0, 500.0, 1400.0}) {
    for (const FeatureFunction& features :
         {own_parameter(size), FeatureFunction(PositiveFeatures{}),
          FeatureFunction(HyperbolicFeatures{}), FeatureFunction(OprfFeatures{-3e4})}) {
      CAPTURE(size, to_text(features));
      const FeatureMap<T> map(map_spec(kDim, 24, features));
      const Qkv<T> x = normal_qkv<T>({1, 1, 1, 20, 150, kDim, 3}, 51, size);
      for (const Mask mask : {Mask::none, Mask::causal}) {
        Tensor<T> out = x.output();
        const AttentionReport report = attention<T>(map, x.inputs(), out.view(), {.mask = mask});
        CHECK(report.nonfinite_rows == 0);
        const Tensor<double> expected = reference_attention(
            map, x, [&](Index, Index i, Index j) { return mask == Mask::none || j <= i; });
        // Base-2 logarithms of 10^7 and more are known to half a unit in float; what is added to
        // them is not.
        const double tolerance = std::is_same_v<T, float> ? 2e-5 : 1e-8;
        CHECK(largest_difference(out, expected) <= tolerance);
        if (mask == Mask::none) continue;
        AttentionState<T> state(map, 1, 1, 3);
        Tensor<T> again = x.output();
        for (Index i = 0; i < 20; ++i) {
          const auto part = [&](auto view) {
            view.data += i * view.stride(2);
            view.extents[2] = 1;
            return view;
          };
          state.advance({part(x.q.view()), part(x.k.view()), part(x.v.view())}, part(again.view()));
        }
        CHECK(same_bits(again, out));
      }
      Tensor<T> out = x.output();
      attention<T>(map, x.inputs(), out.view());
      Qkv<T> gradient = x;
      attention_gradient<T>(map, x.inputs(), std::as_const(out).view(), std::as_const(out).view(),
                            {gradient.q.view(), gradient.k.view(), gradient.v.view()});
      CHECK((all_finite(gradient.q) && all_finite(gradient.k) && all_finite(gradient.v)));
      const std::vector<AttentionRow> rows{{0, 0, 3}};
      Matrix<T> weights(1, 150);
      attention_rows<T>(map, x.q.view(), x.k.view(), rows, weights.view());
      double sum = 0.0;
      for (Index j = 0; j < 150; ++j) sum += static_cast<double>(weights(0, j));
      CHECK(sum == Approx(1.0).epsilon(1e-5));
    }
  }
}

TEST_CASE("bfloat16 products bear long rows as well", "[attention][long_rows]") {
  const FeatureMap<float> map(map_spec(kDim, 24, own_parameter(1400.0)));
  const Qkv<float> x = normal_qkv<float>({1, 1, 1, 20, 150, kDim, 3}, 52, 1400.0);
  Tensor<float> out = x.output();
  const AttentionReport report =
      attention<float>(map, x.inputs(), out.view(), {.products = Products::bfloat16});
  CHECK(report.nonfinite_rows == 0);
  CHECK(all_finite(out));
}

TEMPLATE_TEST_CASE("rows and values that leave the range are refused by name",
                   "[attention][long_rows]", float, double) {
  using T = TestType;
  const double huge = std::is_same_v<T, float> ? 1e38 : 1e305;
  const Qkv<T> x = normal_qkv<T>({1, 1, 1, 5, 70, kDim, 3}, 53);
  for (const FeatureFunction& features : some_features()) {
    CAPTURE(to_text(features));
    const FeatureMap<T> map(map_spec(kDim, 24, features));
    const auto run = [&](const Qkv<T>& inputs) {
      Tensor<T> out = inputs.output();
      attention<T>(map, inputs.inputs(), out.view());
    };
    Qkv<T> large = x;
    large.v(0, 0, 66, 1) = static_cast<T>(-huge);
    CHECK_THROWS_WITH(run(large),
                      Contains("values") && Contains("row 66, column 1") && Contains("too large"));
    Qkv<T> long_query = x;
    long_query.q(0, 0, 3, 2) = static_cast<T>(huge);
    CHECK_THROWS_WITH(run(long_query), Contains("queries") && Contains("row 3 is too long"));
    Qkv<T> long_key = x;
    long_key.k(0, 0, 65, 2) = static_cast<T>(huge);
    CHECK_THROWS_WITH(run(long_key), Contains("keys") && Contains("row 65 is too long"));
  }
  // Log-features beyond 2^28 although the row itself is short.
  const FeatureMap<T> map(map_spec(kDim, 24, HyperbolicOprfFeatures{-1e9}));
  Tensor<T> out = x.output();
  CHECK_THROWS_WITH(attention<T>(map, x.inputs(), out.view()), Contains("too long for this map"));
  Matrix<T> phi(5, map.num_features());
  std::vector<std::int32_t> exponent(5);
  const FeatureMap<T> steep(map_spec(kDim, 24, HyperbolicOprfFeatures{-1e30}));
  CHECK_THROWS_WITH(steep.apply(Side::query, MatrixView<const T>(x.q.elements.data(), 5, kDim),
                                FeatureBlock<T>{phi.view(), exponent}),
                    Contains("too long for this map"));
}

TEST_CASE("rows that are not finite are counted", "[attention][long_rows]") {
  const FeatureMap<float> map(map_spec(kDim, 24, HyperbolicFeatures{}));
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 100, 100, kDim, 3}, 54);
  x.v(0, 0, 70, 1) = std::numeric_limits<float>::quiet_NaN();
  x.q(0, 0, 5, 0) = std::numeric_limits<float>::infinity();
  Tensor<float> out = x.output();
  const AttentionOptions causal{.mask = Mask::causal};
  CHECK(attention<float>(map, x.inputs(), out.view(), causal).nonfinite_rows == 31);
  CHECK(exact_attention<float>(SoftmaxKernel{}, x.inputs(), out.view(), causal).nonfinite_rows ==
        31);
  AttentionState<float> state(map, 1, 1, 3);
  CHECK(state.advance(x.inputs(), out.view()).nonfinite_rows == 31);
}
