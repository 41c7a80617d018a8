// SPDX-License-Identifier: Apache-2.0
//
// Calls for gradients of blocks: what must not change them, and what they meet.
#include "finite_differences.hpp"

#include <bochner/client/attention/exact.hpp>

#include <limits>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 5;
constexpr Index kValueDim = 3;

template <class T>
bool same_bits(const Qkv<T>& a, const Qkv<T>& b) {
  return testing::same_bits(a.q, b.q) && testing::same_bits(a.k, b.k) &&
         testing::same_bits(a.v, b.v);
}

std::vector<AttentionOptions> some_options() {
  std::vector<AttentionOptions> all;
  for (const Rest rest : {Rest::features, Rest::means, Rest::none}) {
    for (const BlockOrder order : {BlockOrder::given, BlockOrder::bisection}) {
      all.push_back({.exact = {.blocks = {.count = 2, .order = order}}, .rest = rest});
    }
    all.push_back({.mask = Mask::causal,
                   .exact = {.first_keys = 1, .blocks = {.count = 2, .key_rows = 32}},
                   .rest = rest});
  }
  return all;
}

bool is_finite(const Tensor<double>& t, Index head, Index row) {
  for (Index c = 0; c < t.extents[3]; ++c) {
    if (!std::isfinite(t(0, head, row, c))) return false;
  }
  return true;
}

Tensor<double> in_double(const Tensor<float>& from) {
  Tensor<double> to(from.extents[0], from.extents[1], from.extents[2], from.extents[3]);
  std::copy(from.elements.begin(), from.elements.end(), to.elements.begin());
  return to;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of blocks are the same for any threads, strides and choice",
                   "[attention][gradient]", float, double) {
  using T = TestType;
  const Qkv<T> x = normal_qkv<T>({2, 4, 2, 150, 150, kDim, kValueDim}, 101);
  const Tensor<T> slope = normal_tensor<T>(2, 4, 150, kValueDim, 102);
  const std::vector<Index> lengths{150, 0};
  const FeatureMap<T> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  for (AttentionOptions options : some_options()) {
    options.key_lengths = lengths;
    CAPTURE(options.mask, options.rest, options.exact.blocks.order);
    const Qkv<T> all = gradient(map, x, slope, options);
    CHECK(same_bits(gradient(map, x, slope, options, 2), all));
    CHECK(same_bits(gradient(map, x, slope, options, 3), all));
    // The batch entry without live keys.
    const auto second = [](const Tensor<T>& t) {
      return std::all_of(t.elements.begin() + static_cast<std::ptrdiff_t>(t.elements.size() / 2),
                         t.elements.end(), [](T e) { return e == T{0}; });
    };
    CHECK((second(all.q) && second(all.k) && second(all.v)));

    const Tensor<T> out = forward(map, x, options);
    for (int choice = 0; choice < 8; ++choice) {
      CAPTURE(choice);
      // Rows in the middle of longer ones, the last extent not contiguous.
      Qkv<T> wide{Tensor<T>(2, 4, 150, 2 * kDim + 3), Tensor<T>(2, 2, 150, 2 * kDim + 3),
                  Tensor<T>(2, 2, 150, 2 * kValueDim + 3)};
      const auto inside = [](Tensor<T>& t, Index cols) {
        TensorView<T, 4> view = t.view();
        view.data += 1;
        view.extents[3] = cols;
        view.strides[3] = 2;
        return view;
      };
      AttentionGradients<T> gradients{};
      if (choice & 1) gradients.queries = inside(wide.q, kDim);
      if (choice & 2) gradients.keys = inside(wide.k, kDim);
      if (choice & 4) gradients.values = inside(wide.v, kValueDim);
      attention_gradient<T>(map, x.inputs(), out.view(), slope.view(), gradients, options);
      const auto check = [&](const Tensor<T>& some, const Tensor<T>& whole, bool asked) {
        Tensor<T> expected(some.extents[0], some.extents[1], some.extents[2], some.extents[3]);
        for (Index b = 0; b < whole.extents[0]; ++b) {
          for (Index h = 0; h < whole.extents[1]; ++h) {
            for (Index r = 0; r < whole.extents[2]; ++r) {
              for (Index c = 0; c < whole.extents[3] && asked; ++c) {
                expected(b, h, r, 1 + 2 * c) = whole(b, h, r, c);
              }
            }
          }
        }
        CHECK(testing::same_bits(some, expected));
      };
      check(wide.q, all.q, (choice & 1) != 0);
      check(wide.k, all.k, (choice & 2) != 0);
      check(wide.v, all.v, (choice & 4) != 0);
    }
  }
}

TEST_CASE("gradients of blocks of inputs in any layout", "[attention][gradient]") {
  const Qkv<float> x = normal_qkv<float>({2, 4, 2, 70, 90, kDim, kValueDim}, 13);
  const Tensor<float> slope = normal_tensor<float>(2, 4, 70, kValueDim, 14);
  const FeatureMap<float> map(map_spec(kDim, 12, PositiveFeatures{}));
  // Batch x length x heads x dimension, with a gap after each row.
  struct OtherLayout {
    std::vector<float> elements;
    TensorView<const float, 4> view;

    explicit OtherLayout(const Tensor<float>& t) {
      const auto [batch, heads, length, dim] = t.extents;
      const Index step = dim + 3;
      elements.resize(static_cast<std::size_t>(batch * heads * length * step), -1e9F);
      view = {elements.data(), t.extents, {length * heads * step, step, heads * step, 1}};
      for (Index b = 0; b < batch; ++b) {
        for (Index h = 0; h < heads; ++h) {
          for (Index r = 0; r < length; ++r) {
            std::copy_n(&t(b, h, r, 0), dim,
                        elements.begin() + ((b * length + r) * heads + h) * step);
          }
        }
      }
    }
  };
  for (const AttentionOptions& options : some_options()) {
    CAPTURE(options.mask, options.rest, options.exact.blocks.order);
    const Tensor<float> out = forward(map, x, options);
    const OtherLayout q(x.q);
    const OtherLayout k(x.k);
    const OtherLayout v(x.v);
    Qkv<float> d = x;
    attention_gradient<float>(map, {q.view, k.view, v.view}, OtherLayout(out).view,
                              OtherLayout(slope).view, {d.q.view(), d.k.view(), d.v.view()},
                              options);
    CHECK(same_bits(d, gradient(map, x, slope, options)));
  }
}

TEST_CASE("gradients of blocks refuse what attention refuses", "[attention][gradient]") {
  const FeatureMap<double> map(map_spec(kDim, 12, HyperbolicFeatures{}));
  Qkv<double> x = normal_qkv<double>({1, 2, 1, 40, 40, kDim, kValueDim}, 5);
  const Tensor<double> slope = normal_tensor<double>(1, 2, 40, kValueDim, 15);
  const Tensor<double> out = x.output();
  const auto call = [&](const AttentionOptions& options) {
    Qkv<double> d = x;
    attention_gradient<double>(map, x.inputs(), out.view(), slope.view(),
                               {d.q.view(), d.k.view(), d.v.view()}, options);
  };
  CHECK_THROWS_WITH(
      call({.mask = Mask::causal,
            .exact = {.blocks = {.count = 1, .order = BlockOrder::bisection}}}),
      Contains("attention_gradient: exact.blocks.order is bisection with a causal mask"));
  for (const BlockOrder order : {BlockOrder::given, BlockOrder::bisection}) {
    const AttentionOptions options{.exact = {.blocks = {.count = 1, .order = order}}};
    for (const double length : {1e5, 1e200}) {  // too long for features, and for any product
      x.q(0, 1, 17, 2) = length;
      CHECK_THROWS_WITH(call(options),
                        Contains("attention_gradient: queries: batch 0, head 1, row 17"));
    }
    x.q(0, 1, 17, 2) = 0.0;
    x.k(0, 0, 23, 2) = 1e5;
    CHECK_THROWS_WITH(call(options), Contains("attention_gradient: keys: batch 0, head 0, row 23"));
    x.k(0, 0, 23, 2) = 0.0;
  }
}

TEST_CASE("with all blocks gradients are those of exact attention", "[attention][gradient]") {
  const Qkv<double> x = normal_qkv<double>({2, 4, 2, 70, 90, kDim, kValueDim}, 11);
  const Tensor<double> slope = normal_tensor<double>(2, 4, 70, kValueDim, 12);
  const std::vector<Index> lengths{90, 41};
  for (const Kernel& kernel : {Kernel(SoftmaxKernel{}), Kernel(GaussianKernel{})}) {
    const FeatureMap<double> map(map_spec(kDim, 16, PositiveFeatures{}, kernel));
    Tensor<double> out = x.output();
    exact_attention<double>(kernel, x.inputs(), out.view(), {.key_lengths = lengths});
    Qkv<double> e = x;
    exact_attention_gradient<double>(kernel, x.inputs(), out.view(), slope.view(),
                                     {e.q.view(), e.k.view(), e.v.view()},
                                     {.key_lengths = lengths});
    for (const Rest rest : {Rest::features, Rest::means, Rest::none}) {
      for (const BlockOrder order : {BlockOrder::given, BlockOrder::bisection}) {
        const Qkv<double> d = gradient(map, x, slope,
                                       {.key_lengths = lengths,
                                        .exact = {.blocks = {.count = 6, .order = order}},
                                        .rest = rest});
        CHECK(largest_difference(d.q, e.q) <= 1e-13);
        CHECK(largest_difference(d.k, e.k) <= 1e-13);
        CHECK(largest_difference(d.v, e.v) <= 1e-13);
      }
    }
  }
}

TEST_CASE("gradients of blocks in single precision", "[attention][gradient]") {
  // Of size 9 some logits are beyond 2^8 and computed in double from differences.
  for (const double size : {0.7, 9.0}) {
    for (const Kernel& kernel :
         {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.0}})}) {
      const FeatureMapSpec spec = map_spec(kDim, 16, HyperbolicFeatures{}, kernel);
      const Qkv<float> x = normal_qkv<float>({1, 2, 1, 130, 130, kDim, kValueDim}, 6, size);
      const Tensor<float> slope = normal_tensor<float>(1, 2, 130, kValueDim, 15);
      const Qkv<double> y{in_double(x.q), in_double(x.k), in_double(x.v)};
      for (const AttentionOptions& options : some_options()) {
        if (size > 1.0 && options.rest == Rest::features) continue;  // whose logits are floats
        CAPTURE(size, to_text(kernel), options.mask, options.rest, options.exact.blocks.order);
        const Qkv<float> d = gradient(FeatureMap<float>(spec), x, slope, options);
        const Qkv<double> e = gradient(FeatureMap<double>(spec), y, in_double(slope), options);
        CHECK(largest_difference(d.q, e.q) <= (size > 1.0 ? 1e-3 : 3e-5));
        CHECK(largest_difference(d.k, e.k) <= (size > 1.0 ? 1e-3 : 3e-5));
        CHECK(largest_difference(d.v, e.v) <= (size > 1.0 ? 1e-4 : 1e-5));
      }
    }
  }
}

TEST_CASE("a NaN reaches the gradients of those only that see it", "[attention][gradient]") {
  // Copies of four points far from each other, in blocks of their own: each block of queries weighs
  // the block of its own point exactly, and no other.
  constexpr Index kPoints = 4;
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 64, 64, kDim, kValueDim}, 21, 0.1);
  for (Index r = 0; r < 64; ++r) {
    for (Tensor<double>* const rows : {&x.q, &x.k}) {
      for (Index c = 0; c < kDim; ++c) (*rows)(0, 0, r, c) += c == r / 16 ? 4.0 : 0.0;
    }
  }
  const Tensor<double> slope = normal_tensor<double>(1, 1, 64, kValueDim, 22);
  const FeatureMap<double> map(map_spec(kDim, 16, HyperbolicFeatures{}));
  const AttentionOptions options{.exact = {.blocks = {.count = 1}}, .rest = Rest::none};
  const auto check = [&](Index poisoned) {
    const Qkv<double> d = gradient(map, x, slope, options);
    for (Index r = 0; r < 64; ++r) {
      CAPTURE(poisoned, r);
      const bool clean = r / 16 != poisoned;
      CHECK(is_finite(d.q, 0, r) >= clean);
      CHECK(is_finite(d.k, 0, r) >= clean);
      CHECK(is_finite(d.v, 0, r) >= clean);
    }
  };
  for (Index p = 0; p < kPoints; ++p) {
    const double before = x.q(0, 0, 16 * p + 3, 1);
    x.q(0, 0, 16 * p + 3, 1) = std::numeric_limits<double>::quiet_NaN();
    check(p);
    x.q(0, 0, 16 * p + 3, 1) = before;
  }
  // A block with a NaN has no mass: nobody weighs it exactly, and those who count the rest see it.
  x.k(0, 0, 5, 1) = std::numeric_limits<double>::quiet_NaN();
  const Qkv<double> d = gradient(map, x, slope, options);
  for (Index r = 16; r < 64; ++r) CHECK((is_finite(d.q, 0, r) && is_finite(d.k, 0, r)));
  for (const Rest rest : {Rest::features, Rest::means}) {
    const Qkv<double> e = gradient(map, x, slope, {.exact = options.exact, .rest = rest});
    for (Index r = 0; r < 64; ++r) CHECK_FALSE(is_finite(e.q, 0, r));
  }
}
