// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <bochner/client/attention/exact.hpp>

#include <catch2/catch.hpp>

using namespace bochner;
using namespace bochner::testing;

namespace {

/// softmax(log k + bias) V from the definition, in double.
template <class T>
Tensor<double> dense(const Kernel& kernel, const Qkv<T>& x,
                     const std::function<bool(Index, Index, Index, Index)>& sees,
                     const std::function<double(Index, Index, Index, Index)>& bias) {
  const auto [batch, heads, queries, width] = x.q.extents;
  const Index dim = width;
  const Index share = heads / x.k.extents[1];
  Tensor<double> out = Tensor<double>(batch, heads, queries, x.v.extents[3]);
  const auto log_kernel = [&](const T* q, const T* k) {
    double xy = 0.0;
    double distance = 0.0;
    for (Index c = 0; c < dim; ++c) {
      xy += double{q[c]} * double{k[c]};
      distance += std::pow(double{q[c]} - double{k[c]}, 2);
    }
    if (const auto* softmax = std::get_if<SoftmaxKernel>(&kernel)) return softmax->scale * xy;
    const double l = std::get<Isotropic>(std::get<GaussianKernel>(kernel).metric).lengthscale;
    return -0.5 * distance / (l * l);
  };
  for (Index b = 0; b < batch; ++b) {
    for (Index h = 0; h < heads; ++h) {
      for (Index i = 0; i < queries; ++i) {
        std::vector<double> logits;
        double top = -std::numeric_limits<double>::infinity();
        for (Index j = 0; j < x.k.extents[2]; ++j) {
          logits.push_back(-std::numeric_limits<double>::infinity());
          if (!sees(b, h, i, j)) continue;
          logits.back() = log_kernel(&x.q(b, h, i, 0), &x.k(b, h / share, j, 0)) + bias(b, h, i, j);
          top = std::max(top, logits.back());
        }
        double sum = 0.0;
        for (Index j = 0; j < x.k.extents[2]; ++j) {
          const double logit = logits[static_cast<std::size_t>(j)];
          if (std::isinf(logit)) continue;
          const double weight = std::exp(logit - top);
          sum += weight;
          for (Index c = 0; c < x.v.extents[3]; ++c) {
            out(b, h, i, c) += weight * double{x.v(b, h / share, j, c)};
          }
        }
        for (Index c = 0; c < x.v.extents[3]; ++c) out(b, h, i, c) /= sum > 0 ? sum : 1.0;
      }
    }
  }
  return out;
}

double no_bias(Index, Index, Index, Index) { return 0.0; }

template <class T>
Tensor<T> run(const Kernel& kernel, const Qkv<T>& x, const AttentionOptions& options = {},
              TensorView<const T, 4> bias = {}, int threads = 1) {
  Tensor<T> out = x.output();
  exact_attention<T>(kernel, x.inputs(), out.view(), options, bias, Execution{threads});
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("exact attention is the softmax", "[attention][exact]", float, double) {
  using T = TestType;
  const double tolerance = std::is_same_v<T, float> ? 3e-6 : 1e-14;
  const Qkv<T> x = normal_qkv<T>({2, 4, 2, 300, 600, 6, 3}, 1);
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{0.7}), Kernel(GaussianKernel{Isotropic{1.5}})}) {
    const auto all = [](Index, Index, Index, Index) { return true; };
    CHECK(largest_difference(run(kernel, x), dense(kernel, x, all, no_bias)) <= tolerance);
    for (const Index offset : {-40, 0, 300, 555}) {
      const auto causal = [&](Index, Index, Index i, Index j) { return j <= i + offset; };
      const AttentionOptions options{.mask = Mask::causal, .query_offset = offset};
      CHECK(largest_difference(run(kernel, x, options), dense(kernel, x, causal, no_bias)) <=
            tolerance);
      const auto window = [&](Index, Index, Index i, Index j) {
        return j <= i + offset && j > i + offset - 50;
      };
      AttentionOptions windowed = options;
      windowed.window = 50;
      CHECK(largest_difference(run(kernel, x, windowed), dense(kernel, x, window, no_bias)) <=
            tolerance);
    }
  }
}

TEST_CASE("exact attention takes any mask and any bias", "[attention][exact]") {
  const Qkv<double> x = normal_qkv<double>({2, 2, 1, 70, 300, 6, 3}, 2);
  Tensor<double> bias = normal_tensor<double>(2, 2, 70, 300, 77, 2.0);
  std::vector<char> drawn(2 * 70 * 300);
  const Stream stream(Seed{5}, Purpose::study);
  for (std::size_t i = 0; i < drawn.size(); ++i) drawn[i] = stream.uniform(i) < 0.3 ? 1 : 0;
  for (std::size_t j = 0; j < 300; ++j) drawn[300 * 5 + j] = 0;  // entry 0, query 5 sees nothing
  // One mask for both heads: a stride of 0.
  const TensorView<const bool, 4> allowed(reinterpret_cast<const bool*>(drawn.data()),
                                          {2, 2, 70, 300}, {70 * 300, 0, 300, 1});
  const auto sees = [&](Index b, Index, Index i, Index j) {
    return drawn[static_cast<std::size_t>((b * 70 + i) * 300 + j)] != 0;
  };
  const auto add = [&](Index b, Index h, Index i, Index j) { return bias(b, h, i, j); };
  const Kernel kernel = SoftmaxKernel{0.4};
  const AttentionOptions options{.allowed = allowed};
  const Tensor<double> expected = dense(kernel, x, sees, add);
  const Tensor<double> out = run<double>(kernel, x, options, bias.view());
  CHECK(largest_difference(out, expected) <= 1e-14);
  Tensor<double> again = x.output();
  const AttentionReport report =
      exact_attention<double>(kernel, x.inputs(), again.view(), options, bias.view(), Execution{3});
  CHECK(report.empty_rows == 2);
  CHECK(same_bits(out, again));
  // A bias of -infinity is a mask too, and what it hides may be anything.
  for (Index b = 0; b < 2; ++b) {
    for (Index h = 0; h < 2; ++h) {
      for (Index i = 0; i < 70; ++i) bias(b, h, i, 17) = -std::numeric_limits<double>::infinity();
    }
  }
  const auto sees_less = [&](Index b, Index h, Index i, Index j) {
    return sees(b, h, i, j) && j != 17;
  };
  const Tensor<double> masked = run<double>(kernel, x, options, bias.view());
  CHECK(largest_difference(masked, dense(kernel, x, sees_less, add)) <= 1e-14);
  Qkv<double> scribbled = x;
  for (Index b = 0; b < 2; ++b) {
    for (Index c = 0; c < 3; ++c) {
      scribbled.v(b, 0, 17, c) = std::numeric_limits<double>::quiet_NaN();
    }
  }
  CHECK(same_bits(run<double>(kernel, scribbled, options, bias.view()), masked));
}

TEST_CASE("a NaN value reaches the exact rows that see it", "[attention][exact]") {
  const Kernel kernel = SoftmaxKernel{0.4};
  Qkv<float> x = normal_qkv<float>({1, 1, 1, 300, 300, 4, 2}, 3);
  const Tensor<float> clean = run(kernel, x, {.mask = Mask::causal});
  x.v(0, 0, 100, 1) = std::numeric_limits<float>::quiet_NaN();
  const Tensor<float> out = run(kernel, x, {.mask = Mask::causal}, {}, 2);
  for (Index i = 0; i < 300; ++i) {
    CHECK(out(0, 0, i, 0) == clean(0, 0, i, 0));
    CHECK((i < 100 ? out(0, 0, i, 1) == clean(0, 0, i, 1) : std::isnan(out(0, 0, i, 1))));
  }
}

TEST_CASE("exact causal rows and batches have their own bits", "[attention][exact]") {
  const Kernel kernel = SoftmaxKernel{2.0};
  const Qkv<float> x = normal_qkv<float>({2, 2, 2, 600, 600, 4, 3}, 4, 3.0);
  const Tensor<float> out = run(kernel, x, {.mask = Mask::causal});
  for (const int threads : {2, 5}) {
    CHECK(same_bits(run(kernel, x, {.mask = Mask::causal}, {}, threads), out));
  }
  Qkv<float> other = x;
  for (Index j = 333; j < 600; ++j) {
    for (Index c = 0; c < 4; ++c) other.k(0, 0, j, c) *= 50.0F;
    other.v(0, 0, j, 0) = std::numeric_limits<float>::infinity();
  }
  const Tensor<float> changed = run(kernel, other, {.mask = Mask::causal});
  CHECK(std::equal(&out(0, 0, 0, 0), &out(0, 0, 332, 2) + 1, &changed(0, 0, 0, 0)));
  CHECK(std::equal(&out(0, 1, 0, 0), &out(1, 1, 599, 2) + 1, &changed(0, 1, 0, 0)));
}

TEST_CASE("exact attention bears norms of a thousand", "[attention][exact]") {
  const Qkv<float> x = normal_qkv<float>({1, 1, 1, 50, 300, 16, 3}, 6, 250.0);
  const Kernel kernel = SoftmaxKernel{1.0};
  Qkv<double> y{Tensor<double>(1, 1, 50, 16), Tensor<double>(1, 1, 300, 16),
                Tensor<double>(1, 1, 300, 3)};
  std::copy(x.q.elements.begin(), x.q.elements.end(), y.q.elements.begin());
  std::copy(x.k.elements.begin(), x.k.elements.end(), y.k.elements.begin());
  std::copy(x.v.elements.begin(), x.v.elements.end(), y.v.elements.begin());
  const auto all = [](Index, Index, Index, Index) { return true; };
  CHECK(largest_difference(run(kernel, y), dense(kernel, y, all, no_bias)) <= 1e-9);
  // In float the logits, of size 1e6, have errors of order one: what stays is that a row is a
  // weighted mean of values.
  float largest_value = 0.0F;
  for (const float value : x.v.elements) largest_value = std::max(largest_value, std::abs(value));
  for (const float output : run(kernel, x).elements) {
    CHECK(std::abs(output) <= 1.00001F * largest_value);
  }
}
