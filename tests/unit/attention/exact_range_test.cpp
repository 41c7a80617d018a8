// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"
#include "support/attention_oracle.hpp"

#include <bochner/client/attention/exact.hpp>
#include <bochner/client/attention/matrix.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;
using Catch::Matchers::Contains;

namespace {

template <class T>
MatrixView<const T> rows_of(const Tensor<T>& x, Index batch, Index head) {
  return {&x(batch, head, 0, 0), x.extents[2], x.extents[3]};
}

template <class T>
void add(Tensor<T>& x, double offset) {
  for (T& e : x.elements) e = static_cast<T>(static_cast<double>(e) + offset);
}

/// Forward pass and rows of weights against the oracle.
template <class T>
void check_exact(const Kernel& kernel, const Qkv<T>& x, Mask mask = Mask::none,
                 const Tensor<T>* bias = nullptr) {
  Tensor<T> out = x.output();
  const AttentionOptions options{.mask = mask};
  const AttentionReport report =
      exact_attention<T>(kernel, x.inputs(), out.view(), options,
                         bias != nullptr ? bias->view() : TensorView<const T, 4>{}, Execution{2});
  CHECK(report.empty_rows == 0);
  CHECK(report.nonfinite_rows == 0);
  const Index share = x.q.extents[1] / x.k.extents[1];
  Matrix<T> weights(1, x.k.extents[2]);
  int wrong = 0;
  for (Index h = 0; h < x.q.extents[1]; ++h) {
    for (Index i = 0; i < x.q.extents[2]; ++i) {
      const OracleRow row = exact_row<T>(
          kernel, &x.q(0, h, i, 0), rows_of(x.k, 0, h / share), rows_of(x.v, 0, h / share),
          [&](Index j) { return mask == Mask::none || j <= i; },
          [&](Index j) { return bias ? static_cast<long double>((*bias)(0, h, i, j)) : 0.0L; });
      for (Index c = 0; c < x.v.extents[3]; ++c) {
        const auto k = static_cast<std::size_t>(c);
        if (!(std::abs(out(0, h, i, c) - row.out[k]) <= row.tolerance[k])) {
          if (++wrong > 3) continue;
          FAIL_CHECK("head " << h << ", row " << i << ": " << out(0, h, i, c) << " for "
                             << row.out[k] << " +- " << row.tolerance[k]);
        }
      }
      if (bias != nullptr || i % 7 != 0) continue;
      const std::vector<AttentionRow> one{{0, h, i}};
      exact_attention_rows<T>(kernel, x.q.view(), x.k.view(), one, weights.view(), options);
      for (Index j = 0; j < weights.cols(); ++j) {
        const long double expected = row.weight[static_cast<std::size_t>(j)];
        if (!(std::abs(weights(0, j) - expected) <= 1e-5L * expected + 1e-6L)) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("exact attention is right at logits of any size", "[attention][exact]", float,
                   double) {
  using T = TestType;
  for (const double size : {1.0, 30.0, 500.0, 1000.0, 1e4, 1e6, 1e10, 1e15, 1e18}) {
    CAPTURE(size);
    const Qkv<T> x = normal_qkv<T>({1, 2, 1, 64, 300, 8, 3}, 31, size);
    check_exact(SoftmaxKernel{1.0}, x);
    check_exact(SoftmaxKernel{0.1}, normal_qkv<T>({1, 1, 1, 64, 64, 8, 3}, 32, size), Mask::causal);
  }
  // One query, one key: whatever the logit, the value.
  for (const double sign : {1.0, -1.0}) {
    Qkv<T> x{Tensor<T>(1, 1, 1, 1), Tensor<T>(1, 1, 1, 1), Tensor<T>(1, 1, 1, 1)};
    x.q(0, 0, 0, 0) = T{1000};
    x.k(0, 0, 0, 0) = static_cast<T>(sign * 1000);
    x.v(0, 0, 0, 0) = T{3};
    Tensor<T> out = x.output();
    CHECK(exact_attention<T>(SoftmaxKernel{}, x.inputs(), out.view()).empty_rows == 0);
    CHECK(out(0, 0, 0, 0) == T{3});
  }
  // Products that overflow float are right, and in double refused.
  const double huge = std::is_same_v<T, float> ? 1e38 : 1e200;
  Qkv<T> x = normal_qkv<T>({1, 1, 1, 8, 20, 4, 2}, 33);
  for (auto* rows : {&x.q, &x.k}) {
    for (T& e : rows->elements) e = static_cast<T>(std::clamp<double>(e, -1.0, 1.0) * huge);
  }
  if (std::is_same_v<T, float>) {
    check_exact(SoftmaxKernel{1.0}, x);
  } else {
    Tensor<T> out = x.output();
    CHECK_THROWS_WITH(exact_attention<T>(SoftmaxKernel{}, x.inputs(), out.view()),
                      Contains("queries") && Contains("row 0") && Contains("1e300"));
  }
}

TEMPLATE_TEST_CASE("exact Gaussian attention does not see where its rows are", "[attention][exact]",
                   float, double) {
  using T = TestType;
  for (const double lengthscale : {0.5, 3.0}) {
    const Kernel kernel = GaussianKernel{Isotropic{lengthscale}};
    for (const double offset : {0.0, 300.0, 1000.0, 1e5, 1e8, -1e8, 1e12}) {
      CAPTURE(offset, lengthscale);
      Qkv<T> x = normal_qkv<T>({1, 2, 1, 64, 300, 8, 3}, 34);
      add(x.q, offset);
      add(x.k, offset);
      check_exact(kernel, x);
      check_exact(kernel, x, Mask::causal);
    }
  }
  // Rows that are far apart, the first key an outlier.
  Qkv<T> x = normal_qkv<T>({1, 1, 1, 40, 290, 3, 2}, 35, 1e4);
  for (Index c = 0; c < 3; ++c) x.k(0, 0, 0, c) = T{1e8F};
  check_exact(GaussianKernel{Isotropic{1.0}}, x);
}

TEST_CASE("a full metric is centred too", "[attention][exact]") {
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 30, 70, 2, 2}, 36);
  const Kernel full = GaussianKernel{Full{{2.0, 0.0, 0.0, 2.0}}};
  const Kernel isotropic = GaussianKernel{Isotropic{0.5}};
  for (const double offset : {0.0, 1e6, 1e9}) {
    Qkv<double> moved = x;
    add(moved.q, offset);
    add(moved.k, offset);
    Tensor<double> a = x.output();
    Tensor<double> b = x.output();
    exact_attention<double>(full, moved.inputs(), a.view());
    exact_attention<double>(isotropic, moved.inputs(), b.view());
    CHECK(largest_difference(a, b) <= 1e-13);
    check_exact(isotropic, moved);
  }
}

TEMPLATE_TEST_CASE("a bias over a whole row changes nothing", "[attention][exact]", float, double) {
  using T = TestType;
  const Qkv<T> x = normal_qkv<T>({1, 2, 1, 40, 300, 8, 3}, 37);
  for (const double shift : {-1e3, -1e6, -3e8, 1e8, 3e38, -3e38}) {
    CAPTURE(shift);
    Tensor<T> bias(1, 2, 40, 300);
    for (Index h = 0; h < 2; ++h) {
      for (Index i = 0; i < 40; ++i) {
        for (Index j = 0; j < 300; ++j) bias(0, h, i, j) = static_cast<T>(i % 2 == 0 ? shift : 0);
      }
    }
    check_exact(SoftmaxKernel{0.5}, x, Mask::none, &bias);
    check_exact(GaussianKernel{Isotropic{2.0}}, x, Mask::none, &bias);
  }
  // The least number as a mask: of some keys, and of all.
  Tensor<T> bias(1, 2, 40, 300);
  for (Index i = 0; i < 40; ++i) {
    for (Index j = 0; j < 300; ++j) {
      if (i == 3 || j % 3 == i % 3) bias(0, 0, i, j) = std::numeric_limits<T>::lowest();
    }
  }
  check_exact(SoftmaxKernel{0.5}, x, Mask::none, &bias);
}

TEMPLATE_TEST_CASE("a mean of values is finite where they are", "[attention][exact]", float,
                   double) {
  using T = TestType;
  const double top = static_cast<double>(std::numeric_limits<T>::max());
  Qkv<T> x = normal_qkv<T>({1, 1, 1, 40, 600, 4, 3}, 38);
  for (Index j = 0; j < 600; ++j) {
    x.v(0, 0, j, 0) = static_cast<T>(top);
    x.v(0, 0, j, 1) = static_cast<T>(j % 2 == 0 ? 0.9 * top : -0.9 * top);
  }
  check_exact(SoftmaxKernel{1.0}, x);
  Tensor<T> out = x.output();
  exact_attention<T>(SoftmaxKernel{1.0}, x.inputs(), out.view());
  for (Index i = 0; i < 40; ++i) CHECK(out(0, 0, i, 0) == Approx(top).epsilon(1e-6));
}

TEST_CASE("small values keep their digits beside huge ones", "[attention][exact]") {
  Qkv<double> x = normal_qkv<double>({1, 1, 1, 20, 20, 2, 2}, 42);
  for (Index i = 0; i < 20; ++i) {
    x.q(0, 0, i, 0) = 100.0 + static_cast<double>(i);  // logits beyond 2^12
    x.k(0, 0, i, 0) = 100.0 * (i % 4 == 3 ? -1.0 : 1.0);
    for (Index c = 0; c < 2; ++c) x.v(0, 0, i, c) *= i % 4 == 3 ? 1e300 : 1e-300;
  }
  Tensor<double> out = x.output();
  exact_attention<double>(SoftmaxKernel{}, x.inputs(), out.view(), {.mask = Mask::causal});
  for (Index c = 0; c < 2; ++c) CHECK(out(0, 0, 0, c) == x.v(0, 0, 0, c));
  // The huge ones have weights that vanish.
  check_exact(SoftmaxKernel{}, x, Mask::causal);
  check_exact(SoftmaxKernel{}, x);
  // Rows that do not see them are those of a call without them.
  Qkv<double> y = x;
  for (Index c = 0; c < 2; ++c) {
    for (Index j = 3; j < 20; ++j) y.v(0, 0, j, c) = 0.0;
  }
  Tensor<double> clean = x.output();
  exact_attention<double>(SoftmaxKernel{}, y.inputs(), clean.view(), {.mask = Mask::causal});
  CHECK(std::equal(&out(0, 0, 0, 0), &out(0, 0, 3, 0), &clean(0, 0, 0, 0)));
}

TEST_CASE("rows do not depend on keys that send others to the wide range", "[attention][exact]") {
  const Qkv<float> x = normal_qkv<float>({1, 2, 2, 300, 300, 6, 3}, 39);
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{1.0}), Kernel(GaussianKernel{Isotropic{1.0}})}) {
    Tensor<float> before = x.output();
    exact_attention<float>(kernel, x.inputs(), before.view(), {.mask = Mask::causal});
    Qkv<float> y = x;
    for (Index j = 100; j < 300; ++j) {
      for (Index c = 0; c < 6; ++c) y.k(0, 0, j, c) *= 1e6F;
      y.v(0, 0, j, 0) = 3e38F;
    }
    for (const int threads : {1, 3}) {
      Tensor<float> after = x.output();
      exact_attention<float>(kernel, y.inputs(), after.view(), {.mask = Mask::causal}, {},
                             Execution{threads});
      CHECK(std::equal(&before(0, 0, 0, 0), &before(0, 0, 100, 0), &after(0, 0, 0, 0)));
      CHECK(std::equal(&before(0, 1, 0, 0), &before(0, 1, 299, 2) + 1, &after(0, 1, 0, 0)));
      for (const float e : after.elements) CHECK(std::isfinite(e));
    }
  }
}

TEMPLATE_TEST_CASE("gradients of exact attention stay right where logits are large",
                   "[attention][exact]", float, double) {
  using T = TestType;
  // With equal keys but for steps of 2^-10 the logits differ by little, at any offset.
  for (const double offset : {0.0, 1000.0, 30000.0}) {
    for (const bool gaussian : {false, true}) {
      CAPTURE(offset, gaussian);
      const Kernel kernel =
          gaussian ? Kernel(GaussianKernel{Isotropic{1.0}}) : Kernel(SoftmaxKernel{1.0});
      Qkv<T> x = normal_qkv<T>({1, 1, 1, 10, 20, 3, 2}, 40);
      const auto on_grid = [&](Tensor<T>& t, double step, double shift) {
        for (T& e : t.elements) e = static_cast<T>(std::round(64.0 * e) / 64.0 * step + shift);
      };
      on_grid(x.q, 1.0, offset);
      on_grid(x.k, gaussian ? 1.0 : 1.0 / std::max(1.0, offset), gaussian ? offset : 0.0);
      Tensor<T> out = x.output();
      exact_attention<T>(kernel, x.inputs(), out.view());
      Tensor<T> slope = normal_tensor<T>(1, 1, 10, 2, 41);
      Qkv<T> gradient = x;
      exact_attention_gradient<T>(kernel, x.inputs(), std::as_const(out).view(),
                                  std::as_const(slope).view(),
                                  {gradient.q.view(), gradient.k.view(), gradient.v.view()});
      // d L / d v_j = sum_i p_ij g_i; d L / d q_i = sum_j p_ij (g_i . (v_j - o_i)) d logit / d q_i.
      for (Index i = 0; i < 10; ++i) {
        const OracleRow row = exact_row<T>(kernel, &x.q(0, 0, i, 0), rows_of(x.k, 0, 0),
                                           rows_of(x.v, 0, 0), [](Index) { return true; });
        for (Index c = 0; c < 3; ++c) {
          long double expected = 0;
          long double size = 0;
          for (Index j = 0; j < 20; ++j) {
            long double pair = 0;
            for (Index d = 0; d < 2; ++d) {
              pair += slope(0, 0, i, d) * (x.v(0, 0, j, d) - row.out[static_cast<std::size_t>(d)]);
            }
            const long double step =
                gaussian ? static_cast<long double>(x.k(0, 0, j, c)) - x.q(0, 0, i, c)
                         : x.k(0, 0, j, c);
            expected += row.weight[static_cast<std::size_t>(j)] * pair * step;
            size += row.weight[static_cast<std::size_t>(j)] * std::abs(step) * 4.0L;
          }
          const long double tolerance = std::is_same_v<T, float> ? 3e-5L : 1e-11L;
          CHECK(std::abs(gradient.q(0, 0, i, c) - expected) <= tolerance * std::max(size, 1e-3L));
        }
      }
    }
  }
}
