// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/gradient.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

/// Forward and backward of one kind of attention.
struct Kind {
  std::function<void(const Qkv<double>&, Tensor<double>&)> forward;
  std::function<void(const Qkv<double>&, const Tensor<double>&, const Tensor<double>&, Qkv<double>&,
                     int)>
      backward;
};

Kind random_feature_attention(const FeatureMap<double>& map, const AttentionOptions& options) {
  return {[=](const Qkv<double>& x, Tensor<double>& out) {
            attention<double>(map, x.inputs(), out.view(), options);
          },
          [=](const Qkv<double>& x, const Tensor<double>& out, const Tensor<double>& dout,
              Qkv<double>& d, int threads) {
            attention_gradient<double>(map, x.inputs(), out.view(), dout.view(),
                                       {d.q.view(), d.k.view(), d.v.view()}, options,
                                       Execution{threads});
          }};
}

Kind exact(const Kernel& kernel, const AttentionOptions& options,
           TensorView<const double, 4> bias = {}) {
  return {[=](const Qkv<double>& x, Tensor<double>& out) {
            exact_attention<double>(kernel, x.inputs(), out.view(), options, bias);
          },
          [=](const Qkv<double>& x, const Tensor<double>& out, const Tensor<double>& dout,
              Qkv<double>& d, int threads) {
            exact_attention_gradient<double>(kernel, x.inputs(), out.view(), dout.view(),
                                             {d.q.view(), d.k.view(), d.v.view()}, options, bias,
                                             Execution{threads});
          }};
}

/// sum dout out
double loss(const Kind& kind, const Qkv<double>& x, const Tensor<double>& dout) {
  Tensor<double> out = x.output();
  kind.forward(x, out);
  double sum = 0.0;
  for (std::size_t i = 0; i < out.elements.size(); ++i) sum += out.elements[i] * dout.elements[i];
  return sum;
}

/// The gradients against central differences along `directions` random directions of each input;
/// returns the largest error relative to the gradient's own size along them.
double difference(const Kind& kind, const Qkv<double>& x, int directions) {
  const Tensor<double> dout =
      normal_tensor<double>(x.q.extents[0], x.q.extents[1], x.q.extents[2], x.v.extents[3], 991);
  Tensor<double> out = x.output();
  kind.forward(x, out);
  Qkv<double> d = x;
  for (Tensor<double>* t : {&d.q, &d.k, &d.v}) {
    std::fill(t->elements.begin(), t->elements.end(), 1e9);
  }
  kind.backward(x, out, dout, d, 1);
  Qkv<double> again = x;
  kind.backward(x, out, dout, again, 3);
  CHECK(same_bits(d.q, again.q));
  CHECK(same_bits(d.k, again.k));
  CHECK(same_bits(d.v, again.v));
  double worst = 0.0;
  const auto members = {std::pair{&Qkv<double>::q, 1}, {&Qkv<double>::k, 2}, {&Qkv<double>::v, 3}};
  for (const auto& [member, which] : members) {
    const Tensor<double>& gradient = d.*member;
    double size = 0.0;
    for (const double g : gradient.elements) size += g * g;
    for (int n = 0; n < directions; ++n) {
      const Stream stream(Seed{static_cast<std::uint64_t>(100 * n + which)}, Purpose::study);
      const double h = 1e-5;
      Qkv<double> up = x;
      Qkv<double> down = x;
      double expected = 0.0;
      for (std::size_t i = 0; i < gradient.elements.size(); ++i) {
        const double direction = stream.normal(i);
        (up.*member).elements[i] += h * direction;
        (down.*member).elements[i] -= h * direction;
        expected += gradient.elements[i] * direction;
      }
      const double measured = (loss(kind, up, dout) - loss(kind, down, dout)) / (2.0 * h);
      worst = std::max(worst, std::abs(measured - expected) / std::sqrt(size));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("gradients of attention are those of finite differences", "[attention][gradient]") {
  std::vector<char> live(200);
  const Stream stream(Seed{4}, Purpose::study);
  for (std::size_t i = 0; i < live.size(); ++i) live[i] = stream.uniform(i) < 0.6 ? 1 : 0;
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 2, 100);
  const std::vector<Index> packed{0, 30, 30, 100};
  for (const FeatureFunction& features : some_features()) {
    for (const Kernel& kernel :
         {Kernel(SoftmaxKernel{0.5}), Kernel(GaussianKernel{Isotropic{2.0}})}) {
      CAPTURE(to_text(features), to_text(kernel));
      const FeatureMap<double> map(map_spec(3, 24, features, kernel));
      const Qkv<double> x = normal_qkv<double>({2, 4, 2, 100, 100, 3, 2}, 31, 0.6);
      const Qkv<double> one = normal_qkv<double>({1, 2, 1, 100, 100, 3, 2}, 32, 0.6);
      const double tolerance = 1e-6;
      for (const Mask kind : {Mask::none, Mask::causal}) {
        CHECK(difference(random_feature_attention(map, {.mask = kind}), x, 1) <= tolerance);
        CHECK(difference(random_feature_attention(map, {.mask = kind, .key_mask = mask}), x, 1) <=
              tolerance);
        CHECK(difference(random_feature_attention(map, {.mask = kind, .cu_seqlens = packed}), one,
                         1) <= tolerance);
      }
      for (const Index offset : {-20, 70}) {
        const AttentionOptions options{.mask = Mask::causal, .query_offset = offset};
        CHECK(difference(random_feature_attention(map, options), x, 1) <= tolerance);
      }
    }
  }
}

TEST_CASE("gradients hold where chunks are cut", "[attention][gradient]") {
  // Norms that leave a chunk's range, so that pieces and their exponents differ.
  const FeatureMap<double> map(map_spec(3, 12, HyperbolicFeatures{}));
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 1400, 1400, 3, 2}, 33, 1.0);
  for (Index j = 0; j < 1400; ++j) {
    const double size = j % 97 == 5 ? 12.0 : (j % 50 == 7 ? 6.0 : 0.7);
    for (Index c = 0; c < 3; ++c) x.k(0, 0, j, c) *= size;
  }
  for (const Mask kind : {Mask::none, Mask::causal}) {
    CHECK(difference(random_feature_attention(map, {.mask = kind}), x, 2) <= 1e-5);
  }
}

TEST_CASE("prefix sums by subtraction would show", "[attention][gradient]") {
  // The wrong variant of public code: S_before = S_all - S_after. Positive features of long keys
  // are tiny: with long keys first, nothing of the early sums is left.
  const FeatureMap<float> map(map_spec(3, 12, PositiveFeatures{}));
  const FeatureMap<double> wide(map_spec(3, 12, PositiveFeatures{}));
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 300, 300, 3, 2}, 34, 0.5);
  for (Index j = 0; j < 100; ++j) {
    for (Index c = 0; c < 3; ++c) x.k(0, 0, j, c) *= 12.0F;
  }
  const Tensor<float> dout = normal_tensor<float>(1, 1, 300, 2, 35);
  Tensor<float> out = x.output();
  attention<float>(map, x.inputs(), out.view(), {.mask = Mask::causal});
  Qkv<float> d = x;
  attention_gradient<float>(map, x.inputs(), out.view(), dout.view(),
                            {d.q.view(), d.k.view(), d.v.view()}, {.mask = Mask::causal});
  const auto widened = [](const Tensor<float>& t) {
    Tensor<double> w;
    w.extents = t.extents;
    w.elements.assign(t.elements.begin(), t.elements.end());
    return w;
  };
  const Qkv<double> y{widened(x.q), widened(x.k), widened(x.v)};
  Tensor<double> wide_out = y.output();
  attention<double>(wide, y.inputs(), wide_out.view(), {.mask = Mask::causal});
  Qkv<double> wide_d = y;
  attention_gradient<double>(wide, y.inputs(), wide_out.view(), widened(dout).view(),
                             {wide_d.q.view(), wide_d.k.view(), wide_d.v.view()},
                             {.mask = Mask::causal});
  CHECK(largest_difference(d.q, wide_d.q) <= 1e-4);
  CHECK(largest_difference(d.v, wide_d.v) <= 1e-4);
  float sum = 0.0F;
  float early = 0.0F;
  for (Index j = 0; j < 300; ++j) {
    const auto phi = features_of(map, Side::key, &x.k(0, 0, j, 0));
    const float feature = static_cast<float>(exp2l(phi[0].exponent + 20.0L));
    sum += feature;
    if (j < 10) early += feature;
  }
  float after = 0.0F;
  for (Index j = 10; j < 300; ++j) {
    const auto phi = features_of(map, Side::key, &x.k(0, 0, j, 0));
    after += static_cast<float>(exp2l(phi[0].exponent + 20.0L));
  }
  CHECK(std::abs((sum - after) / early - 1.0F) > 1e-3F);
}

TEST_CASE("gradients of exact attention are those of finite differences",
          "[attention][gradient][exact]") {
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 70, 300, 3, 2}, 36);
  Tensor<double> bias = normal_tensor<double>(2, 4, 70, 300, 37);
  for (Index b = 0; b < 2; ++b) {
    for (Index h = 0; h < 4; ++h) {
      for (Index j = 0; j < 300; ++j) {
        bias(b, h, 3, j) = -std::numeric_limits<double>::infinity();  // a row that sees nothing
      }
    }
  }
  for (const Kernel& kernel : {Kernel(SoftmaxKernel{0.5}), Kernel(GaussianKernel{Isotropic{1.5}}),
                               Kernel(GaussianKernel{Full{{1, 0.5, 0, 0, 1, 0, 0.2, 0, 2}}})}) {
    CHECK(difference(exact(kernel, {}), x, 1) <= 1e-7);
    CHECK(difference(exact(kernel, {}, std::as_const(bias).view()), x, 1) <= 1e-7);
    CHECK(difference(exact(kernel, {.mask = Mask::causal, .query_offset = 200}), x, 1) <= 1e-7);
    CHECK(difference(exact(kernel, {.mask = Mask::causal, .query_offset = -5}), x, 1) <= 1e-7);
    AttentionOptions window{.mask = Mask::causal, .query_offset = 250};
    window.window = 40;
    CHECK(difference(exact(kernel, window), x, 1) <= 1e-7);
  }
}

TEST_CASE("the gradient of the scale is that of finite differences", "[attention][gradient]") {
  const Qkv<double> x = normal_qkv<double>({1, 2, 1, 60, 60, 3, 2}, 38);
  const Tensor<double> dout = normal_tensor<double>(1, 2, 60, 2, 39);
  const double h = 1e-5;
  for (const bool is_exact : {false, true}) {
    const auto kind = [&](double scale) {
      const Kernel kernel = SoftmaxKernel{scale};
      return is_exact ? exact(kernel, {.mask = Mask::causal})
                      : random_feature_attention(
                            FeatureMap<double>(map_spec(3, 12, HyperbolicFeatures{}, kernel)),
                            {.mask = Mask::causal});
    };
    Tensor<double> out = x.output();
    Qkv<double> d = x;
    kind(0.5).forward(x, out);
    kind(0.5).backward(x, out, dout, d, 1);
    const double gradient = softmax_scale_gradient<double>(
        SoftmaxKernel{0.5}, x.inputs(), std::as_const(d.q).view(), std::as_const(d.k).view());
    const double measured =
        (loss(kind(0.5 + h), x, dout) - loss(kind(0.5 - h), x, dout)) / (2.0 * h);
    CHECK(gradient == Approx(measured).epsilon(1e-6));
  }
}

TEST_CASE("what a masked key holds does not reach the gradient of the scale",
          "[attention][gradient]") {
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 4, 4, 3, 2}, 41);
  const Qkv<double> d = normal_qkv<double>({1, 1, 1, 4, 4, 3, 2}, 42);
  const auto at = [&](double key, double gradient) {
    Qkv<double> held = x;
    Qkv<double> gradients = d;
    for (Index c = 0; c < 3; ++c) held.k(0, 0, 2, c) = key;
    for (Index c = 0; c < 3; ++c) gradients.k(0, 0, 2, c) = gradient;
    return softmax_scale_gradient<double>(SoftmaxKernel{0.5}, std::as_const(held).inputs(),
                                          std::as_const(gradients.q).view(),
                                          std::as_const(gradients.k).view());
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(at(nan, 0.0) == at(7.0, 0.0));
  CHECK(std::isnan(at(nan, 1.0)));
}
