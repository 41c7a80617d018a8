// SPDX-License-Identifier: Apache-2.0
//
// What a row of exact attention does not see decides neither its bits nor whether it is refused.
#include "reference.hpp"
#include "support/attention_oracle.hpp"

#include <bochner/client/attention/exact.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cstring>
#include <memory>

using namespace bochner;
using namespace bochner::testing;

namespace {

constexpr Index kDim = 4;
constexpr Index kValueDim = 3;

template <class T>
constexpr T kFar = std::is_same_v<T, float> ? T{3e38F} : static_cast<T>(1e300);

/// Elements of a batch x heads x L x S mask, all true.
struct Allowed {
  Index heads;
  Index queries;
  Index keys;
  std::unique_ptr<bool[]> elements = std::make_unique<bool[]>(size());

  Allowed(Index h, Index l, Index s) : heads(h), queries(l), keys(s) {
    std::fill_n(elements.get(), size(), true);
  }
  std::size_t size() const { return static_cast<std::size_t>(heads * queries * keys); }
  bool& operator()(Index h, Index i, Index j) {
    return elements[static_cast<std::size_t>((h * queries + i) * keys + j)];
  }
  TensorView<const bool, 4> view() const { return {elements.get(), {1, heads, queries, keys}}; }
};

/// Moves one key and its value out of all reach.
template <class T>
void send_away(Qkv<T>& x, Index key) {
  for (Index c = 0; c < kDim; ++c) x.k(0, 0, key, c) = c % 2 == 0 ? kFar<T> : -kFar<T>;
  for (Index c = 0; c < kValueDim; ++c) x.v(0, 0, key, c) = -kFar<T>;
}

template <class T>
Tensor<T> attend(const Kernel& kernel, const Qkv<T>& x, const AttentionOptions& options) {
  Tensor<T> out = x.output();
  exact_attention<T>(kernel, x.inputs(), out.view(), options);
  return out;
}

template <class T>
Qkv<T> slopes(const Kernel& kernel, const Qkv<T>& x, const AttentionOptions& options) {
  const Tensor<T> out = attend(kernel, x, options);
  const Tensor<T> slope = normal_tensor<T>(1, x.q.extents[1], x.q.extents[2], kValueDim, 5);
  Qkv<T> d = x;
  exact_attention_gradient<T>(kernel, x.inputs(), out.view(), slope.view(),
                              {d.q.view(), d.k.view(), d.v.view()}, options);
  return d;
}

/// Forward and backward bits are those of other data.
template <class T>
void check_same(const Kernel& kernel, const Qkv<T>& x, const Qkv<T>& y,
                const AttentionOptions& options) {
  CHECK(same_bits(attend(kernel, x, options), attend(kernel, y, options)));
  const Qkv<T> dx = slopes(kernel, x, options);
  const Qkv<T> dy = slopes(kernel, y, options);
  CHECK(same_bits(dx.q, dy.q));
  CHECK(same_bits(dx.k, dy.k));
  CHECK(same_bits(dx.v, dy.v));
}

template <class T>
bool same_row(const Tensor<T>& a, const Tensor<T>& b, Index row) {
  return std::memcmp(&a(0, 0, row, 0), &b(0, 0, row, 0), kValueDim * sizeof(T)) == 0;
}

std::array<Kernel, 2> both_kernels() {
  return {SoftmaxKernel{0.5}, GaussianKernel{Isotropic{1.5}}};
}

}  // namespace

TEMPLATE_TEST_CASE("a key that `allowed` hides from all decides nothing", "[attention][exact]",
                   float, double) {
  using T = TestType;
  for (const Kernel& kernel : both_kernels()) {
    for (const double size : {5.0, 1e4}) {  // both ranges
      for (const Index hidden : {0, 130, 299}) {
        CAPTURE(to_text(kernel), size, hidden);
        const Qkv<T> x = normal_qkv<T>({1, 2, 1, 70, 300, kDim, kValueDim}, 81, size);
        Allowed allowed(2, 70, 300);
        for (Index h = 0; h < 2; ++h) {
          for (Index i = 0; i < 70; ++i) allowed(h, i, hidden) = false;
        }
        Qkv<T> y = x;
        send_away(y, hidden);
        check_same(kernel, x, y, {.allowed = allowed.view()});
        for (Index c = 0; c < kDim; ++c) {
          y.k(0, 0, hidden, c) = std::numeric_limits<T>::quiet_NaN();
        }
        check_same(kernel, x, y, {.allowed = allowed.view()});
      }
    }
  }
}

TEMPLATE_TEST_CASE("a key before the first window decides nothing", "[attention][exact]", float,
                   double) {
  using T = TestType;
  for (const Kernel& kernel : both_kernels()) {
    for (const double size : {1.0, 1e4}) {
      CAPTURE(to_text(kernel), size);
      const Qkv<T> x = normal_qkv<T>({1, 1, 1, 100, 300, kDim, kValueDim}, 82, size);
      Qkv<T> y = x;
      for (Index key = 0; key < 7; ++key) send_away(y, key);
      for (Index key = 110; key < 300; ++key) send_away(y, key);
      check_same(kernel, x, y, {.mask = Mask::causal, .query_offset = 10, .window = 4});
    }
  }
}

TEMPLATE_TEST_CASE("a row does not depend on a far key that only others see", "[attention][exact]",
                   float, double) {
  using T = TestType;
  constexpr Index kRows = 200;
  constexpr Index kFarKey = 70;
  for (const Kernel& kernel : both_kernels()) {
    for (const double size : {1.0, 1e4}) {
      CAPTURE(to_text(kernel), size);
      const Qkv<T> x = normal_qkv<T>({1, 1, 1, kRows, kRows, kDim, kValueDim}, 83, size);
      Qkv<T> y = x;
      for (Index c = 0; c < kDim; ++c) y.k(0, 0, kFarKey, c) = T{1e6F};
      y.v(0, 0, kFarKey, 0) = static_cast<T>(0.9) * std::numeric_limits<T>::max();
      // By a window, by `allowed`, and by both.
      Allowed allowed(1, kRows, kRows);
      for (Index i = 0; i < kRows; i += 2) allowed(0, i, kFarKey) = false;
      for (const Index window : {0, 4, 100}) {
        for (const bool masked : {false, true}) {
          CAPTURE(window, masked);
          const AttentionOptions options{
              .mask = Mask::causal,
              .allowed = masked ? allowed.view() : TensorView<const bool, 4>{},
              .window = window};
          const Tensor<T> a = attend(kernel, x, options);
          const Tensor<T> b = attend(kernel, y, options);
          int wrong = 0;
          for (Index i = 0; i < kRows; ++i) {
            const bool sees =
                i >= kFarKey && (window == 0 || kFarKey > i - window) && !(masked && i % 2 == 0);
            if (!sees && !same_row(a, b, i)) ++wrong;
          }
          CHECK(wrong == 0);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("windows that have left a far first key behind lose no digits",
                   "[attention][exact]", float, double) {
  using T = TestType;
  constexpr Index kRows = 60;
  constexpr Index kWindow = 4;
  const double size = std::is_same_v<T, float> ? 20.0 : 100.0;  // the wide range
  Qkv<T> x = normal_qkv<T>({1, 1, 1, kRows, kRows, kDim, kValueDim}, 84, size);
  Qkv<T> near = x;
  for (Index c = 0; c < kDim; ++c) x.k(0, 0, 0, c) = T{1e30F};
  const Kernel kernel = SoftmaxKernel{1.0};
  const AttentionOptions options{.mask = Mask::causal, .window = kWindow};
  const Tensor<T> out = attend(kernel, x, options);
  const Tensor<T> expected = attend(kernel, near, options);
  int wrong = 0;
  const Tensor<T> slope = slopes(kernel, x, options).q;
  const Tensor<T> expected_slope = slopes(kernel, near, options).q;
  for (Index i = kWindow; i < kRows; ++i) {
    wrong += same_row(out, expected, i) ? 0 : 1;
    wrong += std::equal(&slope(0, 0, i, 0), &slope(0, 0, i, 0) + kDim, &expected_slope(0, 0, i, 0))
                 ? 0
                 : 1;
    const OracleRow row = exact_row<T>(kernel, &x.q(0, 0, i, 0),
                                       MatrixView<const T>(x.k.elements.data(), kRows, kDim),
                                       MatrixView<const T>(x.v.elements.data(), kRows, kValueDim),
                                       [&](Index j) { return j <= i && j > i - kWindow; });
    for (Index c = 0; c < kValueDim; ++c) {
      const auto k = static_cast<std::size_t>(c);
      wrong += std::abs(out(0, 0, i, c) - row.out[k]) <= row.tolerance[k] ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("a far first key of no weight costs Gaussian gradients no digits",
                   "[attention][exact]", float, double) {
  using T = TestType;
  const Kernel kernel = GaussianKernel{Isotropic{1.5}};
  const Qkv<T> without = normal_qkv<T>({1, 1, 1, 40, 299, kDim, kValueDim}, 85);
  Qkv<T> x{without.q, Tensor<T>(1, 1, 300, kDim), Tensor<T>(1, 1, 300, kValueDim)};
  std::copy(without.k.elements.begin(), without.k.elements.end(), &x.k(0, 0, 1, 0));
  std::copy(without.v.elements.begin(), without.v.elements.end(), &x.v(0, 0, 1, 0));
  for (Index c = 0; c < kDim; ++c) x.k(0, 0, 0, c) = T{1e15F};
  const Qkv<T> d = slopes(kernel, x, {});
  const Qkv<T> expected = slopes(kernel, without, {});
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-13;
  CHECK(largest_difference(d.q, expected.q) <= tolerance);
  for (Index c = 0; c < kDim; ++c) CHECK(d.k(0, 0, 0, c) == T{0});
  for (Index j = 1; j < 300; ++j) {
    for (Index c = 0; c < kDim; ++c) {
      CHECK(std::abs(d.k(0, 0, j, c) - expected.k(0, 0, j - 1, c)) <= tolerance);
    }
  }
}
