// SPDX-License-Identifier: Apache-2.0
#include "narrow.hpp"

#include "support/allocation.hpp"

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Shape kShape{3, 6, 3, 70, 90, 5, 3};

/// Calls of one shape; what they view is kept here.
struct Options {
  std::vector<char> live;
  std::vector<Index> lengths{90, 0, 33};
  std::vector<char> pairs;
  std::vector<float> biases;

  Options()
      : live(3 * 90),
        pairs(static_cast<std::size_t>(3 * 6 * 70 * 90)),
        biases(static_cast<std::size_t>(3 * 6 * 70 * 90)) {
    for (std::size_t i = 0; i < live.size(); ++i) live[i] = i % 90 > 40 || (i * i) % 7 < 3;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      pairs[i] = (i * i + 3 * i) % 11 < 6;
      biases[i] = static_cast<float>((i * 7919) % 1000) * 0.004F;
    }
  }

  MatrixView<const bool> mask() const {
    return {reinterpret_cast<const bool*>(live.data()), 3, 90};
  }
  TensorView<const bool, 4> allowed() const {
    return {reinterpret_cast<const bool*>(pairs.data()), {3, 6, 70, 90}};
  }
  TensorView<const float, 4> bias() const { return {biases.data(), {3, 6, 70, 90}}; }

  std::vector<AttentionOptions> linear() const {
    return {{},
            {.mask = Mask::causal, .query_offset = 20},
            {.mask = Mask::causal, .query_offset = -3, .key_mask = mask()},
            {.key_mask = mask()},
            {.key_lengths = lengths},
            {.mask = Mask::causal, .query_offset = 20, .key_lengths = lengths},
            {.products = Products::bfloat16}};
  }
  std::vector<AttentionOptions> exact() const {
    std::vector<AttentionOptions> all = linear();
    all.pop_back();
    all.push_back({.allowed = allowed()});
    all.push_back({.key_lengths = lengths, .allowed = allowed()});
    all.push_back({.mask = Mask::causal, .query_offset = 60, .key_lengths = lengths, .window = 50});
    all.push_back({.key_mask = mask(), .allowed = allowed(), .window = 9});
    all.push_back({.mask = Mask::causal, .query_offset = 20, .window = 30});
    return all;
  }
};

/// call(inputs, out view, how many threads) on narrow tensors, into floats and into numbers of N,
/// has the bits and the report that it has on float copies.
template <Narrow N, class Call>
void require_same_bits(const AttentionInputs<N>& inputs, const AttentionInputs<float>& copies,
                       const Call& call) {
  const auto& q = inputs.queries.extents;
  Tensor<float> expected(q[0], q[1], q[2], inputs.values.extent(3));
  const AttentionReport report = call(copies, expected.view(), Execution{2});
  for (const int threads : {1, 2}) {
    Tensor<float> out = converted<float>(expected);
    std::fill(out.elements.begin(), out.elements.end(), -77.0F);
    CHECK(same_report(call(inputs, out.view(), Execution{threads}), report));
    CHECK(same_bits(out, expected));
    Tensor<N> stored(q[0], q[1], q[2], inputs.values.extent(3));
    CHECK(same_report(call(inputs, stored.view(), Execution{threads}), report));
    CHECK(same_bits(stored, converted<N>(expected)));
  }
}

template <Narrow N, class Call>
void require_same_bits(const Qkv<N>& x, const Call& call) {
  const Qkv<float> copies = converted<float>(x);
  require_same_bits<N>(x.inputs(), copies.inputs(), call);
}

/// The tensor with this order of axes in memory, some reversed, `gap` numbers apart.
template <class T>
struct Laid {
  std::vector<T> memory;
  TensorView<const T, 4> view;

  Laid(const Tensor<T>& x, std::array<std::size_t, 4> order, std::array<bool, 4> reversed,
       Index gap) {
    std::array<Index, 4> strides{};
    Index size = gap;
    for (std::size_t k = 4; k-- > 0;) {
      strides[order[k]] = size;
      size *= x.extents[order[k]];
    }
    memory.resize(static_cast<std::size_t>(size));
    Index first = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      if (!reversed[k]) continue;
      first += (x.extents[k] - 1) * strides[k];
      strides[k] = -strides[k];
    }
    const TensorView<T, 4> to(memory.data() + first, x.extents, strides);
    view = to;
    const TensorView<const T, 4> from = x.view();
    for (Index b = 0; b < x.extents[0]; ++b) {
      for (Index h = 0; h < x.extents[1]; ++h) {
        for (Index i = 0; i < x.extents[2]; ++i) {
          for (Index c = 0; c < x.extents[3]; ++c) {
            const auto at = [&](const auto& t) {
              return t.data + b * t.stride(0) + h * t.stride(1) + i * t.stride(2) + c * t.stride(3);
            };
            *at(to) = *at(from);
          }
        }
      }
    }
  }
};

}  // namespace

TEMPLATE_TEST_CASE("narrow tensors give the bits of their float copies", "[attention][narrow]",
                   Half, BFloat16) {
  const Qkv<TestType> x = narrow_qkv<TestType>(kShape, 71);
  const Options options;
  for (const FeatureFunction& features :
       {FeatureFunction(HyperbolicFeatures{}), FeatureFunction(TrigonometricFeatures{})}) {
    const FeatureMap<float> map(map_spec(5, 12, features));
    for (const AttentionOptions& how : options.linear()) {
      require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
        return attention(map, inputs, out, how, execution);
      });
    }
  }
  const std::vector<FeatureMap<float>> maps =
      head_maps<float>(HeadSpecs(map_spec(5, 12, PositiveFeatures{})), 1, 3);
  for (const AttentionOptions& how : options.linear()) {
    require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
      return attention(std::span<const FeatureMap<float>>(maps), inputs, out, how, execution);
    });
  }
}

TEMPLATE_TEST_CASE("so does exact attention, with masks and biases", "[attention][narrow]", Half,
                   BFloat16) {
  const Options options;
  for (const double size : {1.0, 60.0}) {  // in the scalar's range, and in the wide one
    const Qkv<TestType> x = narrow_qkv<TestType>(kShape, 72, size);
    for (const Kernel& kernel : {Kernel(SoftmaxKernel{0.5}), Kernel(GaussianKernel{})}) {
      for (const AttentionOptions& how : options.exact()) {
        for (const auto& bias : {TensorView<const float, 4>{}, options.bias()}) {
          require_same_bits(x,
                            [&](const auto& inputs, const auto& out, const Execution& execution) {
                              return exact_attention(kernel, inputs, out, how, bias, execution);
                            });
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("packed sequences stay apart", "[attention][narrow]", Half, BFloat16) {
  const Qkv<TestType> x = narrow_qkv<TestType>({1, 6, 3, 70, 90, 5, 3}, 73);
  const std::vector<Index> queries{0, 20, 20, 70};
  const std::vector<Index> keys{0, 50, 51, 90};
  const FeatureMap<float> map(map_spec(5, 12, PositiveFeatures{}));
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const AttentionOptions how{.mask = mask, .cu_seqlens = queries, .cu_seqlens_keys = keys};
    require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
      return attention(map, inputs, out, how, execution);
    });
    require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
      return exact_attention(SoftmaxKernel{}, inputs, out, how, {}, execution);
    });
  }
}

TEMPLATE_TEST_CASE("any strides will do", "[attention][narrow]", Half, BFloat16) {
  using N = TestType;
  const Qkv<N> x = narrow_qkv<N>(kShape, 74);
  const Qkv<float> copies = converted<float>(x);
  const FeatureMap<float> map(map_spec(5, 12, PositiveFeatures{}));
  const auto call = [&](const auto& inputs, const auto& out, const Execution& execution) {
    return attention(map, inputs, out, {.mask = Mask::causal, .query_offset = 20}, execution);
  };
  const Laid<N> q(x.q, {0, 2, 1, 3}, {false, false, true, false}, 1);
  const Laid<N> k(x.k, {3, 1, 2, 0}, {true, false, false, true}, 1);
  const Laid<N> v(x.v, {2, 0, 1, 3}, {false, true, false, false}, 3);
  require_same_bits<N>({q.view, k.view, v.view}, copies.inputs(), call);

  // One key head for all, as a view.
  AttentionInputs<N> shared = x.inputs();
  AttentionInputs<float> shared_copies = copies.inputs();
  shared.keys.strides[1] = shared.values.strides[0] = 0;
  shared_copies.keys.strides[1] = shared_copies.values.strides[0] = 0;
  require_same_bits<N>(shared, shared_copies, call);

  // An output with its axes in another order.
  Tensor<N> plain(3, 6, 70, 3);
  Tensor<N> laid(3, 70, 6, 3);
  const TensorView<N, 4> out(laid.elements.data(), {3, 6, 70, 3}, {70 * 6 * 3, 3, 6 * 3, 1});
  call(x.inputs(), plain.view(), Execution{1});
  call(x.inputs(), out, Execution{2});
  for (Index i = 0; i < 70; ++i) CHECK(laid(2, i, 5, 1).bits == plain(2, 5, i, 1).bits);
}

TEMPLATE_TEST_CASE("a NaN, infinities and tiny numbers reach who sees them", "[attention][narrow]",
                   Half, BFloat16) {
  using N = TestType;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Qkv<N> x = narrow_qkv<N>(kShape, 75);
  x.q(0, 1, 3, 2) = N(std::numeric_limits<float>::quiet_NaN());
  x.k(1, 2, 80, 0) = N(kInfinity);
  x.v(2, 0, 70, 1) = N(std::numeric_limits<float>::quiet_NaN());
  x.v(2, 1, 75, 2) = N(-kInfinity);
  for (Index i = 0; i < 90; ++i) x.v(0, 2, i, 0).bits = static_cast<std::uint16_t>(i);
  x.k(0, 2, 4, 1).bits = 0x8001U;
  const FeatureMap<float> map(map_spec(5, 12, HyperbolicFeatures{}));
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const AttentionOptions how{.mask = mask, .query_offset = mask == Mask::causal ? 20 : 0};
    require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
      const AttentionReport report = attention(map, inputs, out, how, execution);
      CHECK(report.nonfinite_rows > 0);
      return report;
    });
    require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
      return exact_attention(SoftmaxKernel{}, inputs, out, how, {}, execution);
    });
  }
}

TEST_CASE("rows that are infinite only as halves are counted", "[attention][narrow]") {
  Qkv<Half> x = narrow_qkv<Half>({1, 2, 2, 70, 30, 5, 3}, 76, 1.5);
  for (Half& value : x.v.elements) value = Half(static_cast<float>(value) < 0 ? -6e4F : 6e4F);
  const FeatureMap<float> map(map_spec(5, 8, TrigonometricFeatures{}));
  Tensor<float> wide(1, 2, 70, 3);
  const AttentionReport before = attention(map, x.inputs(), wide.view());
  Index lost = 0;
  for (Index h = 0; h < 2; ++h) {
    for (Index i = 0; i < 70; ++i) {
      bool beyond = false;
      for (Index c = 0; c < 3; ++c) beyond = beyond || std::abs(wide(0, h, i, c)) >= 65520.0F;
      lost += beyond ? 1 : 0;
    }
  }
  REQUIRE(lost > 0);
  REQUIRE(before.nonfinite_rows == 0);
  Tensor<Half> out(1, 2, 70, 3);
  CHECK(attention(map, x.inputs(), out.view()).nonfinite_rows == lost);
}

TEMPLATE_TEST_CASE("empty tensors are tensors, narrow ones too", "[attention][narrow]", Half,
                   BFloat16) {
  const FeatureMap<float> map(map_spec(5, 12, PositiveFeatures{}));
  const std::vector<FeatureMap<float>> none;
  for (const Shape& shape :
       {Shape{0, 6, 3, 7, 9, 5, 3}, Shape{2, 0, 3, 7, 9, 5, 3}, Shape{2, 6, 3, 0, 9, 5, 3},
        Shape{2, 6, 3, 7, 0, 5, 3}, Shape{2, 6, 3, 7, 9, 5, 0}}) {
    const Qkv<TestType> x = narrow_qkv<TestType>(shape, 77);
    require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
      return attention(map, inputs, out, {}, execution);
    });
    require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
      return exact_attention(SoftmaxKernel{}, inputs, out, {}, {}, execution);
    });
    if (shape.heads > 0) continue;
    require_same_bits(x, [&](const auto& inputs, const auto& out, const Execution& execution) {
      return attention(std::span<const FeatureMap<float>>(none), inputs, out, {}, execution);
    });
  }
}

TEST_CASE("no more than a few heads are widened at a time", "[attention][narrow]") {
  constexpr Index kLength = 512;
  const Qkv<BFloat16> x = narrow_qkv<BFloat16>({4, 8, 8, kLength, kLength, 8, 8}, 78);
  const Qkv<float> copies = converted<float>(x);
  const FeatureMap<float> map(map_spec(8, 8, PositiveFeatures{}));
  const auto peak = [&](const auto& inputs, auto out) {
    attention(map, inputs, out.view(), {}, Execution{1});  // what is made once and kept
    const test::PeakAllocation memory;
    attention(map, inputs, out.view(), {}, Execution{1});
    return memory.bytes();
  };
  constexpr std::size_t kHead = sizeof(float) * static_cast<std::size_t>(kLength * 8);
  const std::size_t before = peak(copies.inputs(), copies.output());
  CHECK(peak(x.inputs(), copies.output()) < before + 2 * 3 * kHead + 4096);
  CHECK(peak(x.inputs(), x.output()) < before + 2 * 4 * kHead + 4096);
}

TEST_CASE("the free end of a cache is not widened", "[attention][narrow]") {
  const Qkv<Half> x = narrow_qkv<Half>({2, 2, 2, 1, 20000, 8, 8}, 79);
  const std::vector<Index> lengths{100, 60};
  const FeatureMap<float> map(map_spec(8, 8, PositiveFeatures{}));
  Tensor<Half> out = x.output();
  const AttentionOptions how{.key_lengths = lengths};
  attention(map, x.inputs(), out.view(), how, Execution{1});
  const test::PeakAllocation memory;
  attention(map, x.inputs(), out.view(), how, Execution{1});
  CHECK(memory.bytes() < sizeof(float) * 20000 * 8);
}
