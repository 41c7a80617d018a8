// SPDX-License-Identifier: Apache-2.0
//
// Generalised attention: features that are rectified or signs, whose normalisers may be zero or
// negative.
#include "reference.hpp"

#include <bochner/client/attention/error.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/report.hpp>
#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

FeatureMap<double> rectified(Index dim, Index m, const Kernel& kernel) {
  return FeatureMap<double>(map_spec(dim, m, RectifiedFeatures{}, kernel));
}

std::vector<Kernel> shown_kernels() {
  return {ArcCosineKernel::relu_attention(),
          ArcCosineKernel{.order = 0, .offset = 0.1},
          ArcCosineKernel{.order = 1},
          ArcCosineKernel{.order = 2, .offset = 0.5},
          ArcCosineKernel{.order = 1, .offset = -0.3},
          AngularKernel{}};
}

bool everything(Index, Index, Index) { return true; }
bool causally(Index, Index i, Index j) { return j <= i; }

}  // namespace

TEST_CASE("generalised attention is the sum over pairs of features", "[attention][generalised]") {
  for (const Kernel& kernel : shown_kernels()) {
    const FeatureMap<double> map = rectified(4, 32, kernel);
    const Qkv<double> x = normal_qkv<double>({2, 4, 2, 150, 150, 4, 3}, 101);
    for (const auto& [mask, sees] :
         {std::pair{Mask::none, &everything}, std::pair{Mask::causal, &causally}}) {
      CAPTURE(to_text(kernel), mask == Mask::causal);
      Tensor<double> out = x.output();
      const AttentionReport report = attention<double>(map, x.inputs(), out.view(), {.mask = mask});
      const Tensor<double> expected = reference_attention<double>(map, x, sees);
      double size = 1.0;  // a small normaliser of signed features magnifies rounding
      for (const double e : expected.elements) size = std::max(size, std::abs(e));
      CHECK(largest_difference(out, expected) <= 1e-10 * size * size);
      const auto* arc = std::get_if<ArcCosineKernel>(&kernel);
      if (arc != nullptr && arc->offset >= 0.0) CHECK(report.negative_rows == 0);
      Tensor<double> threaded = x.output();
      attention<double>(map, x.inputs(), threaded.view(), {.mask = mask}, Execution{3});
      CHECK(same_bits(out, threaded));
      if (mask == Mask::none) continue;
      AttentionState<double> state(map, 2, 2, 3);
      state.advance(x.inputs(), threaded.view());
      CHECK(same_bits(out, threaded));
    }
  }
}

TEST_CASE("rows that meet no key are zeros and counted, unless epsilon keeps them",
          "[attention][generalised]") {
  // One dimension: rectified features of opposite signs have nothing in common.
  const std::vector<double> queries{1.0, -1.0, 2.0, 0.5};
  const std::vector<double> keys{1.0, 2.0, 0.5, 3.0};
  const std::vector<double> values{1.0, 2.0, 3.0, 4.0};
  const std::array<Index, 4> extents{1, 1, 4, 1};
  const AttentionInputs<double> inputs{
      {queries.data(), extents}, {keys.data(), extents}, {values.data(), extents}};
  for (const Mask mask : {Mask::none, Mask::causal}) {
    std::vector<double> out(4, 7.0);
    const AttentionReport report = attention<double>(rectified(1, 16, ArcCosineKernel{.order = 1}),
                                                     inputs, {out.data(), extents}, {.mask = mask});
    CHECK(report.underflowed_rows == 1);
    CHECK(report.empty_rows == 0);
    CHECK(out[1] == 0.0);
    CHECK(out[0] > 0.0);
    std::vector<double> gradient(4, 7.0);
    std::vector<double> key_gradient(4);
    std::vector<double> value_gradient(4);
    const std::vector<double> ones(4, 1.0);
    attention_gradient<double>(rectified(1, 16, ArcCosineKernel{.order = 1}), inputs,
                               {out.data(), extents}, {ones.data(), extents},
                               {{gradient.data(), extents},
                                {key_gradient.data(), extents},
                                {value_gradient.data(), extents}},
                               {.mask = mask});
    CHECK(gradient[1] == 0.0);
    for (const double g : key_gradient) CHECK(std::isfinite(g));
    // The rows that are left spread their weight over the values.
    CHECK(std::accumulate(value_gradient.begin(), value_gradient.end(), 0.0) == Approx(3.0));
    const AttentionReport kept =
        attention<double>(rectified(1, 16, ArcCosineKernel::relu_attention()), inputs,
                          {out.data(), extents}, {.mask = mask});
    CHECK(kept.underflowed_rows == 0);
    CHECK(out[1] >= 1.0);
  }
}

TEST_CASE("negative normalisers are counted, and the output is what it is",
          "[attention][generalised]") {
  const FeatureMap<double> map = rectified(4, 16, AngularKernel{});
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 200, 3, 4, 2}, 102);
  Tensor<double> out = x.output();
  const AttentionReport report = attention<double>(map, x.inputs(), out.view());
  Index negative = 0;
  Index zero = 0;
  for (Index i = 0; i < 200; ++i) {
    long double normaliser = 0;
    const auto query = features_of(map, Side::query, &x.q(0, 0, i, 0));
    for (Index j = 0; j < 3; ++j) {
      const auto key = features_of(map, Side::key, &x.k(0, 0, j, 0));
      for (std::size_t f = 0; f < key.size(); ++f) {
        normaliser += query[f].value * key[f].value * exp2l(query[f].exponent + key[f].exponent);
      }
    }
    // Signs over 16 frequencies are quarters: sums are exact.
    negative += normaliser < 0 ? 1 : 0;
    zero += normaliser == 0 ? 1 : 0;
    if (normaliser == 0) CHECK(out(0, 0, i, 0) == 0.0);
    CHECK(std::isfinite(out(0, 0, i, 0)));
  }
  CHECK(negative > 10);
  CHECK(zero > 0);
  CHECK(report.negative_rows == negative);
  CHECK(report.underflowed_rows == zero);
}

TEST_CASE("gradients of generalised attention are those of finite differences",
          "[attention][generalised][gradient]") {
  // Away from kinks: a direction crosses none within the step, for almost every input.
  for (const Kernel& kernel : {Kernel(ArcCosineKernel::relu_attention()),
                               Kernel(ArcCosineKernel{.order = 2, .offset = 0.5})}) {
    const FeatureMap<double> map = rectified(3, 24, kernel);
    const Qkv<double> x = normal_qkv<double>({1, 2, 1, 70, 70, 3, 2}, 103);
    const Tensor<double> dout = normal_tensor<double>(1, 2, 70, 2, 104);
    const AttentionOptions options{.mask = Mask::causal};
    const auto loss = [&](const Qkv<double>& at) {
      Tensor<double> out = at.output();
      attention<double>(map, at.inputs(), out.view(), options);
      double sum = 0.0;
      for (std::size_t e = 0; e < out.elements.size(); ++e) {
        sum += out.elements[e] * dout.elements[e];
      }
      return sum;
    };
    Tensor<double> out = x.output();
    attention<double>(map, x.inputs(), out.view(), options);
    Qkv<double> d = x;
    attention_gradient<double>(map, x.inputs(), std::as_const(out).view(), dout.view(),
                               {d.q.view(), d.k.view(), d.v.view()}, options);
    const double h = 1e-7;
    for (const auto member : {&Qkv<double>::q, &Qkv<double>::k, &Qkv<double>::v}) {
      for (std::size_t e = 0; e < (x.*member).elements.size(); e += 17) {
        Qkv<double> up = x;
        Qkv<double> down = x;
        (up.*member).elements[e] += h;
        (down.*member).elements[e] -= h;
        CAPTURE(to_text(kernel), e);
        CHECK((loss(up) - loss(down)) / (2.0 * h) ==
              Approx((d.*member).elements[e]).margin(1e-6).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("what has no exact attention has no report, and errors come from the blocks",
          "[attention][generalised]") {
  const FeatureMap<double> map = rectified(4, 64, ArcCosineKernel::relu_attention());
  const Qkv<double> x = normal_qkv<double>({1, 1, 1, 20, 20, 4, 3}, 105);
  CHECK_THROWS_AS(attention_report<double>(map, x.inputs()), InvalidArgument);
  Tensor<double> out = x.output();
  Tensor<double> error = x.output();
  const AttentionErrorReport report =
      attention_with_error<double>(map, x.inputs(), out.view(), error.view());
  CHECK(report.source == AttentionErrorSource::blocks);
  for (const double e : error.elements) CHECK((e > 0.0 && e < 1.0));
}
