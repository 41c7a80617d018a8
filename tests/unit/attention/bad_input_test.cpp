// SPDX-License-Identifier: Apache-2.0
//
// Wrong calls, and inputs that are odd but have an answer. NaN in live and in padded
// keys, large norms and small shapes are in forward_test.cpp and mistakes_test.cpp.
#include "reference.hpp"

#include <bochner/client/attention/error.hpp>
#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/gradient.hpp>
#include <bochner/client/attention/state.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

/// A call that is right until a mistake is made in it.
struct Call {
  Qkv<double> x = normal_qkv<double>({1, 4, 2, 6, 6, 4, 3}, 91);
  Tensor<double> result = x.output();
  AttentionInputs<double> inputs = x.inputs();
  TensorView<double, 4> out = result.view();
  AttentionOptions options{};
  std::vector<Index> queries{0, 2, 6};
  std::vector<Index> keys{0, 2, 6};
  std::vector<char> live = std::vector<char>(6, 1);

  MatrixView<const bool> mask(Index rows, Index cols) const {
    return {reinterpret_cast<const bool*>(live.data()), rows, cols};
  }
};

struct Mistake {
  std::string words;
  std::function<void(Call&)> make;
};

const std::vector<Mistake>& mistakes() {
  static const std::vector<Mistake> all = {
      {"expected a number of key heads that divides",
       [](Call& c) { c.inputs.queries.extents[1] = 3; }},
      {"divides", [](Call& c) { c.inputs.keys.extents[1] = c.inputs.values.extents[1] = 0; }},
      {"keys is 1 x 2 x 6 x 3", [](Call& c) { c.inputs.keys.extents[3] = 3; }},
      {"keys is 2 x 2 x 6 x 4", [](Call& c) { c.inputs.keys.extents[0] = 2; }},
      {"values is 1 x 2 x 5 x 3", [](Call& c) { c.inputs.values.extents[2] = 5; }},
      {"expected none below 0", [](Call& c) { c.inputs.queries.extents[2] = -1; }},
      {"too large to address", [](Call& c) { c.inputs.queries.extents[2] = Index{1} << 62; }},
      {"a dimension of at least 1",
       [](Call& c) { c.inputs.queries.extents[3] = c.inputs.keys.extents[3] = 0; }},
      {"out is 1 x 4 x 6 x 2", [](Call& c) { c.out.extents[3] = 2; }},
      {"out is 1 x 4 x 5 x 3", [](Call& c) { c.out.extents[2] = 5; }},
      {"out has stride 0 along axis 1", [](Call& c) { c.out.strides[1] = 0; }},
      {"out has stride 0 along axis 2", [](Call& c) { c.out.strides[2] = 0; }},
      {"out overlaps queries",
       [](Call& c) { c.inputs.queries.data = c.result.elements.data() + 10; }},
      {"out overlaps keys", [](Call& c) { c.inputs.keys.data = c.result.elements.data() + 10; }},
      {"out overlaps values",
       [](Call& c) { c.inputs.values.data = c.result.elements.data() + 10; }},
      {"out has strides that give two elements one place",
       [](Call& c) { c.out.strides[2] = c.out.strides[3] = 1; }},
      {"cu_seqlens decreases from 4 to 2",
       [](Call& c) {
         c.queries = {0, 4, 2, 6};
         c.options.cu_seqlens = c.queries;
       }},
      {"cu_seqlens runs from 0 to 5, expected 0 to 6",
       [](Call& c) {
         c.queries.back() = 5;
         c.options.cu_seqlens = c.queries;
       }},
      {"cu_seqlens runs from 1",
       [](Call& c) {
         c.queries.front() = 1;
         c.options.cu_seqlens = c.queries;
       }},
      {"cu_seqlens_keys runs from 0 to 7",
       [](Call& c) {
         c.keys.back() = 7;
         c.options.cu_seqlens = c.queries;
         c.options.cu_seqlens_keys = c.keys;
       }},
      {"cu_seqlens has 3 entries and cu_seqlens_keys 2",
       [](Call& c) {
         c.keys = {0, 6};
         c.options.cu_seqlens = c.queries;
         c.options.cu_seqlens_keys = c.keys;
       }},
      {"cu_seqlens and key_lengths are both given",
       [](Call& c) {
         c.keys = {6};
         c.options.cu_seqlens = c.queries;
         c.options.key_lengths = c.keys;
       }},
      {"key_lengths has 3 entries, expected 1", [](Call& c) { c.options.key_lengths = c.keys; }},
      {"key_lengths[0] is 7, expected 0 to 6",
       [](Call& c) {
         c.keys = {7};
         c.options.key_lengths = c.keys;
       }},
      {"key_lengths[0] is -1",
       [](Call& c) {
         c.keys = {-1};
         c.options.key_lengths = c.keys;
       }},
      {"key_mask is 1 x 5", [](Call& c) { c.options.key_mask = c.mask(1, 5); }},
      {"key_mask is 2 x 3", [](Call& c) { c.options.key_mask = c.mask(2, 3); }},
      {"key_mask and key_lengths are both given",
       [](Call& c) {
         c.keys = {6};
         c.options.key_mask = c.mask(1, 6);
         c.options.key_lengths = c.keys;
       }},
      {"exact.window is -1", [](Call& c) { c.options.exact.window = -1; }},
      {"exact.first_keys is -2", [](Call& c) { c.options.exact.first_keys = -2; }},
      {"exact.heaviest_keys is -3", [](Call& c) { c.options.exact.heaviest_keys = -3; }},
      {"exact.blocks.count is -1", [](Call& c) { c.options.exact.blocks.count = -1; }},
      {"exact.blocks.key_rows is 17, expected 16, 32 or 64",
       [](Call& c) {
         c.options.exact.blocks.count = 1;
         c.options.exact.blocks.key_rows = 17;
       }},
      {"exact.blocks.query_rows is 0, expected 16, 32 or 64",
       [](Call& c) {
         c.options.exact.blocks.count = 1;
         c.options.exact.blocks.query_rows = 0;
       }},
      {"later keys would decide which are the heaviest",
       [](Call& c) {
         c.options.mask = Mask::causal;
         c.options.exact.heaviest_keys = 1;
       }},
      {"exact.blocks.order is bisection with a causal mask",
       [](Call& c) {
         c.options.mask = Mask::causal;
         c.options.exact.blocks = {.count = 1, .order = BlockOrder::bisection};
       }},
      {"query_offset is 7",
       [](Call& c) {
         c.options.mask = Mask::causal;
         c.options.query_offset = 7;
       }},
      {"query_offset is -7", [](Call& c) {
         c.options.mask = Mask::causal;
         c.options.query_offset = -7;
       }}};
  return all;
}

}  // namespace

TEST_CASE("attention refuses a wrong argument, by name", "[attention][bad]") {
  const FeatureMap<double> map(map_spec(4, 8, PositiveFeatures{}));
  for (const Mistake& mistake : mistakes()) {
    CAPTURE(mistake.words);
    Call call;
    CHECK_NOTHROW(attention<double>(map, call.inputs, call.out, call.options));
    mistake.make(call);
    CHECK_THROWS_WITH(attention<double>(map, call.inputs, call.out, call.options),
                      Catch::Matchers::StartsWith("attention: ") && Contains(mistake.words));
    CHECK_THROWS_AS(exact_attention<double>(SoftmaxKernel{}, call.inputs, call.out, call.options),
                    InvalidArgument);
    Tensor<double> error = call.x.output();
    CHECK_THROWS_AS(
        attention_with_error<double>(map, call.inputs, call.out, error.view(), call.options),
        InvalidArgument);
    // The gradient reads `out`, which may then lie anywhere.
    if (mistake.words.starts_with("out has stride") || mistake.words.starts_with("out overlaps")) {
      continue;
    }
    Qkv<double> d = call.x;
    CHECK_THROWS_AS(attention_gradient<double>(map, call.inputs, call.out, call.out,
                                               {d.q.view(), d.k.view(), d.v.view()}, call.options),
                    InvalidArgument);
  }
  Call call;
  const FeatureMap<double> other(map_spec(3, 8, PositiveFeatures{}));
  CHECK_THROWS_WITH(attention<double>(other, call.inputs, call.out, call.options),
                    Contains("have dimension 4, expected 3 (the map's input_dim)"));
}

TEST_CASE("gradients refuse places that are taken", "[attention][bad]") {
  const FeatureMap<double> map(map_spec(4, 8, PositiveFeatures{}));
  Call call;
  Qkv<double> d = call.x;
  const auto run = [&](const AttentionGradients<double>& gradients) {
    attention_gradient<double>(map, call.inputs, call.out, call.out, gradients);
  };
  CHECK_NOTHROW(run({d.q.view(), d.k.view(), d.v.view()}));
  CHECK_THROWS_AS(run({call.x.q.view(), d.k.view(), d.v.view()}), InvalidArgument);
  CHECK_THROWS_AS(run({d.q.view(), d.k.view(), call.x.v.view()}), InvalidArgument);
  CHECK_THROWS_AS(run({d.q.view(), d.k.view(), d.k.view()}), InvalidArgument);
  CHECK_THROWS_AS(run({d.k.view(), d.k.view(), d.v.view()}), InvalidArgument);
  auto flat = d.q.view();
  flat.strides[2] = 0;
  CHECK_THROWS_AS(run({flat, d.k.view(), d.v.view()}), InvalidArgument);
}

TEST_CASE("queries, keys, values and outputs may be interleaved in one buffer",
          "[attention][bad]") {
  const Index length = 70;
  const Qkv<float> x = normal_qkv<float>({1, 2, 2, length, length, 4, 4}, 93);
  Tensor<float> all(length, 4, 2, 4);  // token, which, head, column
  const auto part = [&](Index which) {
    return TensorView<float, 4>(all.elements.data() + which * 8, {1, 2, length, 4}, {0, 4, 32, 1});
  };
  const auto fill = [&](Index which, const Tensor<float>& from) {
    for (Index h = 0; h < 2; ++h) {
      for (Index i = 0; i < length; ++i) {
        for (Index c = 0; c < 4; ++c) all(i, which, h, c) = from(0, h, i, c);
      }
    }
  };
  fill(0, x.q);
  fill(1, x.k);
  fill(2, x.v);
  const FeatureMap<float> map(map_spec(4, 8, PositiveFeatures{}));
  Tensor<float> expected = x.output();
  attention<float>(map, x.inputs(), expected.view());
  attention<float>(map, {part(0), part(1), part(2)}, part(3));
  bool same = true;
  for (Index h = 0; h < 2; ++h) {
    for (Index i = 0; i < length; ++i) {
      for (Index c = 0; c < 4; ++c) same = same && all(i, 3, h, c) == expected(0, h, i, c);
    }
  }
  CHECK(same);
  const auto shifted = [&](Index by) {
    auto out = part(3);
    out.data += by;
    return out;
  };
  CHECK_THROWS_WITH(attention<float>(map, {part(0), part(1), part(2)}, shifted(-1)),
                    Contains("out overlaps values"));
  CHECK_THROWS_WITH(attention<float>(map, {part(0), part(1), part(2)}, shifted(-8)),
                    Contains("out overlaps values"));
}

TEST_CASE("what needs the weights is refused with a sentence that names exact attention",
          "[attention][bad]") {
  const FeatureMap<double> map(map_spec(4, 8, PositiveFeatures{}));
  Call call;
  const bool yes = true;
  const auto refused = [&](const AttentionOptions& options, const std::string& what) {
    for (const Mask mask : {Mask::none, Mask::causal}) {
      AttentionOptions with = options;
      with.mask = mask;
      CHECK_THROWS_WITH(attention<double>(map, call.inputs, call.out, with),
                        Contains(what) && Contains("use exact_attention"));
      CHECK_NOTHROW(exact_attention<double>(SoftmaxKernel{}, call.inputs, call.out, with));
    }
  };
  AttentionOptions options;
  options.allowed = {&yes, {1, 4, 6, 6}, {0, 0, 0, 0}};
  refused(options, "the mask `allowed`");
  options = {};
  options.window = 3;
  refused(options, "a sliding window");
}

TEST_CASE("inputs of stride 0 are as if they had been copied", "[attention][bad]") {
  for (const FeatureFunction& features :
       {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<double> map(map_spec(4, 8, features));
    for (int axis = 0; axis < 4; ++axis) {
      Qkv<double> x = normal_qkv<double>({2, 2, 2, 70, 70, 4, 3}, 92, 0.5);
      AttentionInputs<double> inputs = x.inputs();
      for (TensorView<const double, 4>* view : {&inputs.queries, &inputs.keys, &inputs.values}) {
        view->strides[static_cast<std::size_t>(axis)] = 0;
      }
      Qkv<double> copied = x;
      const auto copy = [&](Tensor<double>& t, const Tensor<double>& from) {
        for (Index b = 0; b < t.extents[0]; ++b) {
          for (Index h = 0; h < t.extents[1]; ++h) {
            for (Index i = 0; i < t.extents[2]; ++i) {
              for (Index c = 0; c < t.extents[3]; ++c) {
                t(b, h, i, c) = from(axis == 0 ? 0 : b, axis == 1 ? 0 : h, axis == 2 ? 0 : i,
                                     axis == 3 ? 0 : c);
              }
            }
          }
        }
      };
      copy(copied.q, x.q);
      copy(copied.k, x.k);
      copy(copied.v, x.v);
      for (const Mask mask : {Mask::none, Mask::causal}) {
        Tensor<double> out = x.output();
        Tensor<double> expected = x.output();
        attention<double>(map, inputs, out.view(), {.mask = mask});
        attention<double>(map, copied.inputs(), expected.view(), {.mask = mask});
        CHECK(same_bits(out, expected));
      }
    }
  }
}

TEST_CASE("states take no keys of another shape", "[attention][bad]") {
  const FeatureMap<double> map(map_spec(4, 8, PositiveFeatures{}));
  AttentionState<double> state(map, 1, 2, 3);
  Call call;
  CHECK_NOTHROW(state.append(call.inputs.keys, call.inputs.values));
  auto keys = call.inputs.keys;
  keys.extents[3] = 3;
  CHECK_THROWS_AS(state.append(keys, call.inputs.values), InvalidArgument);
  keys = call.inputs.keys;
  keys.extents[1] = 1;
  CHECK_THROWS_AS(state.append(keys, call.inputs.values), InvalidArgument);
  auto queries = call.inputs.queries;
  queries.extents[1] = 3;
  CHECK_THROWS_AS(state.attend(queries, call.out), InvalidArgument);
  CHECK_THROWS_AS(AttentionState<double>(map, -1, 2, 3), InvalidArgument);
  CHECK_THROWS_AS(AttentionState<double>(map, 1, 2, 0), InvalidArgument);
  CHECK(state.length() == 6);
}

TEST_CASE("exact attention refuses outputs that lie on its bias", "[attention][bad]") {
  const Qkv<double> x = normal_qkv<double>({1, 4, 2, 6, 6, 4, 3}, 92);
  Tensor<double> bias(1, 4, 6, 6);
  const TensorView<const double, 4> read = std::as_const(bias).view();
  const SoftmaxKernel kernel{0.5};
  CHECK_THROWS_WITH(
      exact_attention<double>(kernel, x.inputs(), {bias.elements.data(), {1, 4, 6, 3}}, {}, read),
      Contains("out overlaps bias"));
  Tensor<double> out = x.output();
  CHECK_NOTHROW(exact_attention<double>(kernel, x.inputs(), out.view(), {}, read));
  Qkv<double> d{Tensor<double>(1, 4, 6, 4), Tensor<double>(1, 2, 6, 4), Tensor<double>(1, 2, 6, 3)};
  const TensorView<double, 4> keys(bias.elements.data(), {1, 2, 6, 4});
  CHECK_THROWS_WITH(exact_attention_gradient<double>(kernel, x.inputs(), std::as_const(out).view(),
                                                     std::as_const(out).view(),
                                                     {d.q.view(), keys, d.v.view()}, {}, read),
                    Contains("gradients.keys overlaps bias"));
}
