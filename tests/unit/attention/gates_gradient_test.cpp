// SPDX-License-Identifier: Apache-2.0
//
// Gradients with gates, and of gates.
#include "gates.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/heads.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// A way to compute attention and its gradients.
struct Method {
  std::function<void(const Qkv<double>&, Tensor<double>&, const AttentionOptions&)> forward;
  std::function<void(const Qkv<double>&, const Tensor<double>&, const Tensor<double>&,
                     const AttentionGradients<double>&, const AttentionOptions&)>
      backward;
};

Method by_features(const FeatureMap<double>& map) {
  return {[&map](const Qkv<double>& x, Tensor<double>& out, const AttentionOptions& options) {
            attention<double>(map, x.inputs(), out.view(), options);
          },
          [&map](const Qkv<double>& x, const Tensor<double>& out, const Tensor<double>& slope,
                 const AttentionGradients<double>& gradients, const AttentionOptions& options) {
            attention_gradient<double>(map, x.inputs(), out.view(), slope.view(), gradients,
                                       options);
          }};
}

Method exactly(const Kernel& kernel) {
  return {[kernel](const Qkv<double>& x, Tensor<double>& out, const AttentionOptions& options) {
            exact_attention<double>(kernel, x.inputs(), out.view(), options);
          },
          [kernel](const Qkv<double>& x, const Tensor<double>& out, const Tensor<double>& slope,
                   const AttentionGradients<double>& gradients, const AttentionOptions& options) {
            exact_attention_gradient<double>(kernel, x.inputs(), out.view(), slope.view(),
                                             gradients, options);
          }};
}

/// Some that are 0, some between them.
Gates with_zeros(Index keys) {
  Gates gates = some_gates(1, 2, keys, GateSize::mild, 4);
  gates(0, 0, 40) = gates(0, 0, 41) = gates(0, 1, 0) = gates(0, 1, 77) = 0.0;
  gates(0, 0, 20) = 1e-3;
  return gates;
}

/// All gradients against finite differences along random directions.
void check_differences(const Method& method, double size, AttentionOptions options) {
  const Shape shape{1, 4, 2, 90, 90, 4, 3};
  const Qkv<double> x = normal_qkv<double>(shape, 5, size);
  const Qkv<double> direction = normal_qkv<double>(shape, 6, std::min(size, 1.0));
  const Tensor<double> slope = normal_tensor<double>(1, 4, 90, 3, 7);
  const Gates gates = with_zeros(90);
  options.gates = gates.view();
  Tensor<double> out = x.output();
  method.forward(x, out, options);
  Qkv<double> d = x;
  Gates d_gates(1, 2, 90, 7.0);
  method.backward(x, out, slope, {d.q.view(), d.k.view(), d.v.view(), d_gates.view()}, options);
  constexpr double kStep = 1e-5;
  const auto close = [](double found, double expected) {
    CAPTURE(found, expected);
    CHECK(std::abs(found - expected) <= 1e-5 * (1.0 + std::abs(expected)));
  };
  const auto loss = [&](const Qkv<double>& at, const Gates& with) {
    AttentionOptions changed = options;
    changed.gates = with.view();
    Tensor<double> y = x.output();
    method.forward(at, y, changed);
    return product(y.elements, slope.elements);
  };
  for (const auto part : {&Qkv<double>::q, &Qkv<double>::k, &Qkv<double>::v}) {
    const auto at = [&](double step) {
      Qkv<double> y = x;
      for (std::size_t i = 0; i < (y.*part).elements.size(); ++i) {
        (y.*part).elements[i] += step * (direction.*part).elements[i];
      }
      return loss(y, gates);
    };
    close(product((d.*part).elements, (direction.*part).elements),
          (at(kStep) - at(-kStep)) / (2.0 * kStep));
  }
  // Of gates one at a time.
  for (const auto& [h, k] : {std::pair<Index, Index>{0, 1},
                             {0, 20},
                             {0, 42},
                             {0, 64},
                             {0, 89},
                             {1, 1},
                             {1, 33},
                             {1, 76},
                             {1, 80}}) {
    const double step = kStep * gates(0, h, k);
    const auto at = [&, head = h, key = k](double change) {
      Gates changed = gates;
      changed(0, head, key) += change;
      return loss(x, changed);
    };
    CAPTURE(h, k);
    close(d_gates(0, h, k), (at(step) - at(-step)) / (2.0 * step));
  }
  // At the first key of a sequence, and at those that are 0.
  for (const auto& [h, k] : {std::pair<Index, Index>{0, 0}, {0, 40}, {0, 41}, {1, 0}, {1, 77}}) {
    CHECK(d_gates(0, h, k) == 0.0);
  }
  // Alone, the same bits.
  Gates alone(1, 2, 90, 7.0);
  method.backward(x, out, slope, {{}, {}, {}, alone.view()}, options);
  CHECK(alone.elements == d_gates.elements);
  Qkv<double> without = x;
  method.backward(x, out, slope, {without.q.view(), without.k.view(), without.v.view()}, options);
  CHECK(without.k.elements == d.k.elements);
}

}  // namespace

TEST_CASE("gradients through features and of gates are those of finite differences",
          "[attention]") {
  const std::vector<double> decay{0.2, 0.01};
  std::vector<char> live(90, 1);
  live[0] = live[13] = live[14] = live[60] = 0;
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 1, 90);
  for (const FeatureFunction& features :
       {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<double> map(map_spec(4, 128, features));
    constexpr double kSize = 0.4;  // no normaliser of signed features is near zero
    for (const ExactPairs& exact :
         {ExactPairs{}, ExactPairs{.window = 8, .first_keys = 2}, ExactPairs{.window = 90}}) {
      CAPTURE(to_text(features), exact.window);
      check_differences(by_features(map), kSize, {.mask = Mask::causal, .exact = exact});
    }
    check_differences(by_features(map), kSize, {.mask = Mask::causal, .decay = decay});
    check_differences(by_features(map), kSize, {.mask = Mask::causal, .key_mask = mask});
  }
}

TEST_CASE("exact gradients and those of gates are those of finite differences", "[attention]") {
  for (const Kernel& kernel : {Kernel(SoftmaxKernel{}), Kernel(GaussianKernel{Isotropic{1.5}})}) {
    CAPTURE(to_text(kernel));
    check_differences(exactly(kernel), 0.6, {.mask = Mask::causal});
    check_differences(exactly(kernel), 0.6, {.mask = Mask::causal, .window = 12});
  }
}

TEST_CASE("gradients of gates of masked keys, by heads and threads", "[attention]") {
  const Shape shape{2, 4, 2, 130, 150, 4, 3};
  const Qkv<double> x = normal_qkv<double>(shape, 8, 0.6);
  const Tensor<double> slope = normal_tensor<double>(2, 4, 130, 3, 9);
  const Gates gates = some_gates(2, 2, 150, GateSize::mixed, 2);
  const FeatureMap<double> map(map_spec(4, 16, PositiveFeatures{}));
  std::vector<char> live(300, 1);
  for (std::size_t j = 0; j < 300; ++j) live[j] = j % 5 == 3 ? 0 : 1;
  const MatrixView<const bool> mask(reinterpret_cast<const bool*>(live.data()), 2, 150);
  const AttentionOptions options{
      .mask = Mask::causal, .query_offset = 20, .key_mask = mask, .gates = gates.view()};
  Tensor<double> out = x.output();
  attention<double>(map, x.inputs(), out.view(), options);
  Gates one(2, 2, 150);
  attention_gradient<double>(map, x.inputs(), out.view(), slope.view(), {{}, {}, {}, one.view()},
                             options, Execution{1});
  Gates two(2, 2, 150);
  attention_gradient<double>(map, x.inputs(), out.view(), slope.view(), {{}, {}, {}, two.view()},
                             options, Execution{2});
  CHECK(one.elements == two.elements);
  Gates by_heads(2, 2, 150);
  const std::vector<FeatureMap<double>> maps{map, map};
  attention_gradient<double>(maps, x.inputs(), out.view(), slope.view(),
                             {{}, {}, {}, by_heads.view()}, options);
  CHECK(one.elements == by_heads.elements);
  // A masked key's gate acts on the keys before it.
  Index at = 33;  // later than the first query
  const auto mild = [&](Index k) { return gates(1, 0, k) >= 0.5 && gates(1, 0, k) < 1.0; };
  while (!mild(at - 1) || !mild(at) || !mild(at + 1)) at += 5;
  REQUIRE(!mask(1, at));
  const auto loss = [&](double change) {
    Gates changed = gates;
    changed(1, 0, at) += change;
    AttentionOptions with = options;
    with.gates = changed.view();
    Tensor<double> y = x.output();
    attention<double>(map, x.inputs(), y.view(), with);
    return product(y.elements, slope.elements);
  };
  const double expected = (loss(1e-6) - loss(-1e-6)) / 2e-6;
  CHECK(std::abs(expected) > 1e-3);
  CHECK(std::abs(one(1, 0, at) - expected) <= 1e-5 * (1.0 + std::abs(expected)));
}

TEST_CASE("gradients of gates in float are near those in double", "[attention]") {
  const Shape shape{1, 2, 2, 200, 200, 4, 3};
  const Qkv<double> x = normal_qkv<double>(shape, 10, 0.6);
  const auto narrow = [](const Tensor<double>& t) {
    Tensor<float> out(t.extents[0], t.extents[1], t.extents[2], t.extents[3]);
    for (std::size_t i = 0; i < t.elements.size(); ++i) {
      out.elements[i] = static_cast<float>(t.elements[i]);
    }
    return out;
  };
  const Qkv<float> y{narrow(x.q), narrow(x.k), narrow(x.v)};
  const Tensor<double> slope = normal_tensor<double>(1, 2, 200, 3, 11);
  const Gates gates = with_zeros(200);
  const AttentionOptions options{.mask = Mask::causal, .gates = gates.view()};
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  const FeatureMap<float> narrow_map(map_spec(4, 16, HyperbolicFeatures{}));
  Tensor<double> out = x.output();
  Tensor<float> narrow_out = y.output();
  Gates wide(1, 2, 200);
  Gates single(1, 2, 200);
  const auto check = [&] {
    double largest = 0.0;
    for (std::size_t i = 0; i < wide.elements.size(); ++i) {
      // Sums of up to 200 terms of order one, divided by the gate.
      const double unit = 2e-4 / std::max(gates.elements[i], 1e-300);
      CHECK(std::abs(wide.elements[i] - single.elements[i]) <= unit);
      largest = std::max(largest, std::abs(wide.elements[i]));
    }
    CHECK(largest > 0.1);
  };
  attention<double>(map, x.inputs(), out.view(), options);
  attention_gradient<double>(map, x.inputs(), out.view(), slope.view(), {{}, {}, {}, wide.view()},
                             options);
  attention<float>(narrow_map, y.inputs(), narrow_out.view(), options);
  attention_gradient<float>(narrow_map, y.inputs(), narrow_out.view(), narrow(slope).view(),
                            {{}, {}, {}, single.view()}, options);
  check();
  exact_attention<double>(SoftmaxKernel{}, x.inputs(), out.view(), options);
  exact_attention_gradient<double>(SoftmaxKernel{}, x.inputs(), out.view(), slope.view(),
                                   {{}, {}, {}, wide.view()}, options);
  exact_attention<float>(SoftmaxKernel{}, y.inputs(), narrow_out.view(), options);
  exact_attention_gradient<float>(SoftmaxKernel{}, y.inputs(), narrow_out.view(),
                                  narrow(slope).view(), {{}, {}, {}, single.view()}, options);
  check();
}

TEST_CASE("gradients of gates without gates, or in the way, are refused", "[attention][bad]") {
  const Qkv<double> x = normal_qkv<double>({1, 2, 2, 30, 30, 4, 3}, 12);
  const FeatureMap<double> map(map_spec(4, 16, HyperbolicFeatures{}));
  Gates gates(1, 2, 30, 0.9);
  Tensor<double> out = x.output();
  const AttentionOptions options{.mask = Mask::causal, .gates = gates.view()};
  attention<double>(map, x.inputs(), out.view(), options);
  const auto refused = [&](const TensorView<double, 3>& gradient, const AttentionOptions& with,
                           const std::string& words) {
    CHECK_THROWS_WITH(attention_gradient<double>(map, x.inputs(), out.view(), out.view(),
                                                 {{}, {}, {}, gradient}, with),
                      Contains(words));
    CHECK_THROWS_WITH(exact_attention_gradient<double>(SoftmaxKernel{}, x.inputs(), out.view(),
                                                       out.view(), {{}, {}, {}, gradient}, with),
                      Contains(words));
  };
  Gates gradient(1, 2, 30);
  Gates shorter(1, 2, 29);
  refused(gradient.view(), {.mask = Mask::causal}, "gradients.gates is given without gates");
  refused(shorter.view(), options, "gradients.gates is 1 x 1 x 2 x 29, expected 1 x 1 x 2 x 30");
  refused(gates.view(), options, "gradients.gates overlaps gates");
  refused({gradient.elements.data(), {1, 2, 30}, {0, 0, 1}}, options,
          "gradients.gates has stride 0");
}
