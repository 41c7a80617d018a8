// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/heads.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

/// Calls backward(gradients) for every choice of gradients: each has the bits that it has among
/// all three, whatever else is computed.
template <class T, class Backward>
void check_choices(const Qkv<T>& x, const Backward& backward) {
  Qkv<T> all = x;
  backward({all.q.view(), all.k.view(), all.v.view()});
  for (int choice = 0; choice < 8; ++choice) {
    CAPTURE(choice);
    Qkv<T> some = x;
    AttentionGradients<T> gradients{};
    if (choice & 1) gradients.queries = some.q.view();
    if (choice & 2) gradients.keys = some.k.view();
    if (choice & 4) gradients.values = some.v.view();
    backward(gradients);
    CHECK(same_bits(some.q, choice & 1 ? all.q : x.q));
    CHECK(same_bits(some.k, choice & 2 ? all.k : x.k));
    CHECK(same_bits(some.v, choice & 4 ? all.v : x.v));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("gradients that nobody wants change no bit of the others",
                   "[attention][gradient]", float, double) {
  using T = TestType;
  const Qkv<T> x = normal_qkv<T>({2, 4, 2, 100, 100, 5, 3}, 101);
  const Tensor<T> dout = normal_tensor<T>(2, 4, 100, 3, 102);
  std::vector<char> live(200, 1);
  for (std::size_t j = 0; j < live.size(); j += 3) live[j] = 0;
  const MatrixView<const bool> key_mask(reinterpret_cast<const bool*>(live.data()), 2, 100);
  for (const FeatureFunction& features : some_features()) {
    const FeatureMap<T> map(map_spec(5, 12, features));
    for (const Mask mask : {Mask::none, Mask::causal}) {
      CAPTURE(to_text(features), mask == Mask::causal);
      const AttentionOptions options{.mask = mask, .key_mask = key_mask};
      Tensor<T> out = x.output();
      attention<T>(map, x.inputs(), out.view(), options);
      check_choices(x, [&](const AttentionGradients<T>& gradients) {
        attention_gradient<T>(map, x.inputs(), std::as_const(out).view(), dout.view(), gradients,
                              options, Execution{2});
      });
    }
  }
  const std::vector<FeatureMap<T>> maps =
      head_maps<T>(HeadSpecs(map_spec(5, 12, HyperbolicFeatures{})), 0, 2);
  Tensor<T> out = x.output();
  attention<T>(maps, x.inputs(), out.view());
  check_choices(x, [&](const AttentionGradients<T>& gradients) {
    attention_gradient<T>(maps, x.inputs(), std::as_const(out).view(), dout.view(), gradients);
  });
}

TEMPLATE_TEST_CASE("gradients of exact attention are computed where they are wanted",
                   "[attention][gradient]", float, double) {
  using T = TestType;
  for (const double size : {1.0, 40.0}) {  // in the scalar, and in the wide range
    const Qkv<T> x = normal_qkv<T>({1, 4, 2, 70, 80, 5, 3}, 103, size);
    const Tensor<T> dout = normal_tensor<T>(1, 4, 70, 3, 104);
    for (const Kernel& kernel : {Kernel(SoftmaxKernel{}), Kernel(GaussianKernel{})}) {
      CAPTURE(size, to_text(kernel));
      Tensor<T> out = x.output();
      exact_attention<T>(kernel, x.inputs(), out.view());
      check_choices(x, [&](const AttentionGradients<T>& gradients) {
        exact_attention_gradient<T>(kernel, x.inputs(), std::as_const(out).view(), dout.view(),
                                    gradients);
      });
    }
  }
}

TEST_CASE("gradients that are wanted are checked as ever", "[attention][gradient]") {
  const FeatureMap<double> map(map_spec(5, 12, PositiveFeatures{}));
  const Qkv<double> x = normal_qkv<double>({1, 2, 1, 10, 10, 5, 3}, 105);
  Tensor<double> out = x.output();
  const Tensor<double> dout = x.output();
  Qkv<double> d = x;
  const auto call = [&](const AttentionGradients<double>& gradients) {
    attention_gradient<double>(map, x.inputs(), std::as_const(out).view(), dout.view(), gradients);
  };
  CHECK_NOTHROW(call({}));
  CHECK_THROWS_WITH(call({.queries = {}, .keys = d.q.view(), .values = {}}),
                    Contains("gradients.keys is 1 x 2 x 10 x 5, expected 1 x 1 x 10 x 5"));
  CHECK_THROWS_WITH(
      call({.queries = {}, .keys = d.k.view(), .values = {d.k.elements.data(), {1, 1, 10, 3}}}),
      Contains("gradients.keys overlaps gradients.values"));
}
