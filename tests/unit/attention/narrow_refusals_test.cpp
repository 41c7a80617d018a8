// SPDX-License-Identifier: Apache-2.0
#include "narrow.hpp"

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

/// Both calls, on narrow tensors and on float copies, are refused in the same words, which hold
/// these.
template <Narrow N, class Call>
void require_refusal(const Qkv<N>& x, const std::string& words, const Call& call) {
  const Qkv<float> copies = converted<float>(x);
  for (const int threads : {1, 2}) {
    Tensor<float> expected = copies.output();
    Tensor<float> out = copies.output();
    Tensor<N> stored = x.output();
    const std::string refused =
        refusal([&] { call(copies.inputs(), expected.view(), Execution{1}); });
    CHECK_THAT(refused, Contains(words));
    CHECK(refusal([&] { call(x.inputs(), out.view(), Execution{threads}); }) == refused);
    CHECK(refusal([&] { call(x.inputs(), stored.view(), Execution{threads}); }) == refused);
  }
}

constexpr Shape kShape{3, 6, 3, 70, 90, 5, 3};

}  // namespace

TEST_CASE("rows that are refused are named as the caller counts", "[attention][narrow]") {
  const FeatureMap<float> map(map_spec(5, 12, PositiveFeatures{}));
  const std::vector<FeatureMap<float>> maps =
      head_maps<float>(HeadSpecs(map_spec(5, 12, PositiveFeatures{})), 0, 3);
  const auto with_one = [&](const auto& inputs, const auto& out, const Execution& execution) {
    attention(map, inputs, out, {}, execution);
  };
  const auto with_each = [&](const auto& inputs, const auto& out, const Execution& execution) {
    attention(std::span<const FeatureMap<float>>(maps), inputs, out, {}, execution);
  };
  const auto refused_by_both = [&](const auto& x, const std::string& words) {
    require_refusal(x, words, with_one);
    require_refusal(x, words, with_each);
  };
  Qkv<Half> x = narrow_qkv<Half>(kShape, 81);
  x.k(2, 1, 85, 3) = Half(60000.0F);
  refused_by_both(x, "attention: keys: batch 2, head 1, row 85 is too long");
  x = narrow_qkv<Half>(kShape, 81);
  x.q(1, 5, 66, 0) = Half(60000.0F);
  refused_by_both(x, "attention: queries: batch 1, head 5, row 66 is too long");
  Qkv<BFloat16> y = narrow_qkv<BFloat16>(kShape, 82);
  y.v(2, 2, 7, 1) = BFloat16(0x1p101F);
  refused_by_both(y, "attention: values: batch 2, head 2, row 7, column 1 is");
  y.v(2, 2, 7, 1) = BFloat16(0x1p100F);
  Tensor<BFloat16> out = y.output();
  CHECK_NOTHROW(with_one(y.inputs(), out.view(), Execution{1}));

  y = narrow_qkv<BFloat16>(kShape, 83);
  y.q(2, 4, 3, 0) = y.k(2, 2, 3, 0) = BFloat16(1e38F);
  require_refusal(y, "exact_attention: queries: batch 2, head 4, row 3 and a key",
                  [](const auto& inputs, const auto& on, const Execution& execution) {
                    exact_attention(SoftmaxKernel{1e250}, inputs, on, {}, {}, execution);
                  });
}

TEST_CASE("narrow calls that do not fit are refused by name", "[attention][narrow]") {
  const FeatureMap<float> map(map_spec(5, 12, PositiveFeatures{}));
  const std::vector<FeatureMap<float>> two =
      head_maps<float>(HeadSpecs(map_spec(5, 12, PositiveFeatures{})), 0, 2);
  const Qkv<Half> x = narrow_qkv<Half>(kShape, 84);
  const std::vector<Index> long_one{90, 90, 91};
  const std::vector<Index> two_of_them{1, 2};
  const std::vector<char> truth(3 * 89);
  const MatrixView<const bool> short_mask(reinterpret_cast<const bool*>(truth.data()), 3, 89);
  const TensorView<const bool, 4> allowed(reinterpret_cast<const bool*>(truth.data()),
                                          {3, 6, 70, 89}, {0, 0, 0, 0});
  const float zero = 0.0F;
  const TensorView<const float, 4> bias(&zero, {3, 5, 70, 90}, {0, 0, 0, 0});
  const auto linear = [&](const AttentionOptions& options) {
    return [&map, options](const auto& inputs, const auto& out, const Execution& execution) {
      attention(map, inputs, out, options, execution);
    };
  };
  const auto exact = [&](const AttentionOptions& options, TensorView<const float, 4> biases) {
    return [options, biases](const auto& inputs, const auto& out, const Execution& execution) {
      exact_attention(SoftmaxKernel{}, inputs, out, options, biases, execution);
    };
  };
  require_refusal(x, "key_lengths[2] is 91", linear({.key_lengths = long_one}));
  require_refusal(x, "key_lengths has 2 entries", linear({.key_lengths = two_of_them}));
  require_refusal(x, "key_mask is 3 x 89", linear({.key_mask = short_mask}));
  require_refusal(x, "use exact_attention", linear({.window = 3}));
  require_refusal(x, "allowed is 3 x 6 x 70 x 89", exact({.allowed = allowed}, {}));
  require_refusal(x, "bias is 3 x 5 x 70 x 90", exact({}, bias));
  require_refusal(x, "products are bfloat16", exact({.products = Products::bfloat16}, {}));
  require_refusal(x, "maps has 2 entries, expected 3",
                  [&](const auto& inputs, const auto& out, const Execution& execution) {
                    attention(std::span<const FeatureMap<float>>(two), inputs, out, {}, execution);
                  });
  require_refusal(narrow_qkv<Half>({3, 6, 3, 7, 9, 4, 3}, 85), "dimension 4, expected 5",
                  linear({}));
  require_refusal(narrow_qkv<Half>({3, 6, 4, 7, 9, 5, 3}, 85), "4 key heads", linear({}));
  Tensor<float> out = converted<float>(x.output());
  out.extents[2] = 69;
  CHECK_THROWS_WITH(attention(map, x.inputs(), out.view()), Contains("attention: out is 3 x 6"));
}

TEMPLATE_TEST_CASE("what is written shares no byte with narrow inputs", "[attention][narrow]", Half,
                   BFloat16) {
  using N = TestType;
  const FeatureMap<float> map(map_spec(4, 12, PositiveFeatures{}));
  Qkv<N> x = narrow_qkv<N>({1, 2, 2, 8, 8, 4, 4}, 86);
  const std::array<Index, 4> extents{1, 2, 8, 4};
  for (Tensor<N>* const tensor : {&x.q, &x.k, &x.v}) {
    const std::string name = tensor == &x.q ? "queries" : tensor == &x.k ? "keys" : "values";
    // A float over the last two numbers, and the others behind them.
    const std::size_t own = tensor->elements.size();
    tensor->elements.resize(own + 2 * 63);
    const TensorView<float, 4> last(reinterpret_cast<float*>(tensor->elements.data() + own - 2),
                                    extents);
    CHECK_THROWS_WITH(attention(map, x.inputs(), last),
                      Contains("attention: out overlaps " + name));
    CHECK_THROWS_WITH(attention(map, x.inputs(), tensor->view()), Contains("out overlaps " + name));
    CHECK_THROWS_WITH(exact_attention(SoftmaxKernel{}, x.inputs(), tensor->view()),
                      Contains("exact_attention: out overlaps " + name));
  }
  // Halves between halves are apart.
  std::vector<N> both(2 * 64);
  const std::array<Index, 4> strides{128, 64, 8, 2};
  AttentionInputs<N> inputs = x.inputs();
  inputs.queries = TensorView<const N, 4>(both.data(), extents, strides);
  CHECK_NOTHROW(attention(map, inputs, TensorView<N, 4>(both.data() + 1, extents, strides)));
  std::vector<float> biases(128);
  const TensorView<float, 4> first(biases.data(), extents);
  CHECK_THROWS_WITH(exact_attention(SoftmaxKernel{}, x.inputs(), first, {},
                                    TensorView<const float, 4>(biases.data(), {1, 2, 8, 8})),
                    Contains("out overlaps bias"));
}
