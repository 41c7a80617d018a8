// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <bochner/client/attention.hpp>
#include <bochner/client/gram.hpp>
#include <bochner/client/regression.hpp>
#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/estimator/variance.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 13;
constexpr Index kLength = 90;
constexpr Index kValues = 5;

FeatureMapSpec spec_of(const Kernel& kernel = DotProductKernel{{0.0, 1.0}}) {
  return {.input_dim = kDim,
          .num_frequencies = kDim,
          .kernel = kernel,
          .projection = CoordinatesProjection{},
          .features = IdentityFeatures{}};
}

/// Positive rows, as of a learned map.
Matrix<double> positive_rows(Index n, Index d, std::uint64_t item) {
  Matrix<double> x = property::rows<double>(n, d, 0.7, item);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = std::exp(x.data()[i]);
  return x;
}

/// The weighted mean of values with weights q_i.k_j, of the first `seen(i)` keys.
template <class Seen>
Matrix<double> weighted_means(const Matrix<double>& q, const Matrix<double>& k,
                              const Matrix<double>& v, const Seen& seen) {
  Matrix<double> out(q.rows(), v.cols());
  for (Index i = 0; i < q.rows(); ++i) {
    long double total = 0.0L;
    std::vector<long double> sum(static_cast<std::size_t>(v.cols()), 0.0L);
    for (Index j = 0; j < seen(i); ++j) {
      long double weight = 0.0L;
      for (Index l = 0; l < q.cols(); ++l) weight += static_cast<long double>(q(i, l)) * k(j, l);
      total += weight;
      for (Index c = 0; c < v.cols(); ++c) sum[static_cast<std::size_t>(c)] += weight * v(j, c);
    }
    for (Index c = 0; c < v.cols(); ++c) {
      out(i, c) = static_cast<double>(sum[static_cast<std::size_t>(c)] / total);
    }
  }
  return out;
}

double distance(const Matrix<double>& a, const Matrix<double>& b) {
  double worst = 0.0;
  for (Index i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(a.data()[i] - b.data()[i]));
  }
  return worst;
}

TensorView<const double, 4> as_tensor(const Matrix<double>& x) {
  return {x.data(), {1, 1, x.rows(), x.cols()}};
}

TensorView<double, 4> as_tensor(Matrix<double>& x) {
  return {x.data(), {1, 1, x.rows(), x.cols()}};
}

}  // namespace

TEMPLATE_TEST_CASE("identity features are the rows, bit for bit", "[identity]", float, double) {
  Matrix<TestType> x = property::rows<TestType>(70, kDim, 3.0);
  for (Index k = 0; k < kDim; ++k) x(7, k) = TestType{0};
  for (Index k = 0; k < kDim; ++k) x(8, k) *= static_cast<TestType>(1e15);
  for (Index k = 0; k < kDim; ++k) x(9, k) *= static_cast<TestType>(1e-15);
  const FeatureMap<TestType> map(spec_of());
  for (const Side side : {Side::query, Side::key}) {
    const auto found = property::apply<TestType>(map, x, side);
    for (Index i = 0; i < x.rows(); ++i) {
      for (Index k = 0; k < kDim; ++k) {
        const int exponent = found.exponent[static_cast<std::size_t>(i)];
        CHECK(std::ldexp(found.phi(i, k), exponent) == x(i, k));
      }
    }
  }
  const Matrix<double> w = map.frequencies();
  for (Index i = 0; i < kDim; ++i) {
    for (Index k = 0; k < kDim; ++k) CHECK(w(i, k) == (i == k ? 1.0 : 0.0));
  }
}

TEST_CASE("identity features carry the kernel's metric and coefficient", "[identity]") {
  const Matrix<double> x = property::rows<double>(20, kDim, 1.0, 3);
  const Matrix<double> y = property::rows<double>(15, kDim, 1.0, 4);
  for (const FeatureMapSpec& spec : property::identity_specs(kDim)) {
    INFO(to_text(spec));
    const Matrix<double> exact = exact_gram(spec.kernel, x.view(), y.view());
    const FeatureMap<double> map(spec);
    const Matrix<double> phi = features(map, x.view());
    const Matrix<double> psi = features(map, y.view(), Side::key);
    for (Index i = 0; i < x.rows(); ++i) {
      for (Index j = 0; j < y.rows(); ++j) {
        double sum = 0.0;
        for (Index k = 0; k < kDim; ++k) sum += phi(i, k) * psi(j, k);
        CHECK(sum == Approx(exact(i, j)).margin(1e-13));
      }
    }
  }
}

TEST_CASE("attention over the caller's features is the weighted mean that they define",
          "[identity]") {
  const Matrix<double> q = positive_rows(kLength, kDim, 11);
  const Matrix<double> k = positive_rows(kLength, kDim, 12);
  const Matrix<double> v = property::rows<double>(kLength, kValues, 1.0, 13);
  const FeatureMap<double> map(spec_of());
  const AttentionInputs<double> inputs{as_tensor(q), as_tensor(k), as_tensor(v)};
  Matrix<double> out(kLength, kValues);

  CHECK(attention<double>(map, inputs, as_tensor(out)).negative_rows == 0);
  CHECK(distance(out, weighted_means(q, k, v, [](Index) { return kLength; })) < 1e-13);

  attention<double>(map, inputs, as_tensor(out), {.mask = Mask::causal});
  const Matrix<double> causal = weighted_means(q, k, v, [](Index i) { return i + 1; });
  CHECK(distance(out, causal) < 1e-13);

  AttentionState<double> state(map, 1, 1, kValues);
  Matrix<double> stepped(kLength, kValues);
  state.advance(inputs, as_tensor(stepped));
  CHECK(distance(stepped, causal) < 1e-13);

  Matrix<double> error(kLength, kValues);
  const AttentionErrorReport report =
      attention_with_error(map, inputs, as_tensor(out), as_tensor(error));
  CHECK(report.source == AttentionErrorSource::blocks);
  CHECK(report.groups == kDim);
  for (Index i = 0; i < error.size(); ++i) CHECK(error.data()[i] > 0.0);
}

TEST_CASE("gradients pass through the caller's features", "[identity]") {
  const Matrix<double> q = positive_rows(12, kDim, 21);
  const Matrix<double> k = positive_rows(12, kDim, 22);
  const Matrix<double> v = property::rows<double>(12, kValues, 1.0, 23);
  const Matrix<double> dout = property::rows<double>(12, kValues, 1.0, 24);
  const FeatureMap<double> map(spec_of());
  const AttentionInputs<double> inputs{as_tensor(q), as_tensor(k), as_tensor(v)};
  const AttentionOptions options{.mask = Mask::causal};
  Matrix<double> out(12, kValues);
  attention<double>(map, inputs, as_tensor(out), options);
  Matrix<double> dq(12, kDim), dk(12, kDim), dv(12, kValues);
  attention_gradient<double>(map, inputs, as_tensor(std::as_const(out)),
                             as_tensor(std::as_const(dout)),
                             {as_tensor(dq), as_tensor(dk), as_tensor(dv)}, options);
  const auto loss = [&](const Matrix<double>& queries) {
    const Matrix<double> means = weighted_means(queries, k, v, [](Index i) { return i + 1; });
    double sum = 0.0;
    for (Index i = 0; i < means.size(); ++i) sum += means.data()[i] * dout.data()[i];
    return sum;
  };
  for (const Index i : {0, 5, 11}) {
    for (const Index l : {0, 6, 12}) {
      constexpr double kStep = 1e-5;
      Matrix<double> up = q, down = q;
      up(i, l) += kStep;
      down(i, l) -= kStep;
      CHECK((loss(up) - loss(down)) / (2.0 * kStep) == Approx(dq(i, l)).margin(1e-8));
    }
  }
}

TEST_CASE("ridge over identity features is linear ridge regression", "[identity]") {
  const Matrix<double> x = property::rows<double>(60, kDim, 1.0, 31);
  Matrix<double> y(60, 1);
  for (Index i = 0; i < 60; ++i) y(i, 0) = 2.0 * x(i, 0) - x(i, 3) + 0.5 * x(i, 12);
  NormalEquations<double> equations{FeatureMap<double>(spec_of())};
  equations.add({x.view(), y.view(), {}});
  const RidgeRegression<double> model(equations, {.ridge = 1e-12});
  Matrix<double> found(60, 1);
  model.predict(x.view(), found.view());
  CHECK(distance(found, y) < 1e-8);
  Matrix<double> loaded(60, 1);
  RidgeRegression<double>::load(model.save()).predict(x.view(), loaded.view());
  CHECK(distance(found, loaded) == 0.0);
}

TEST_CASE("what identity features cannot do is refused by name", "[identity]") {
  for (const Kernel& kernel :
       {Kernel(SoftmaxKernel{}), Kernel(GaussianKernel{}), Kernel(DotProductKernel{}),
        Kernel(PolynomialKernel{1, 0.5}), Kernel(PolynomialKernel{2, 0.0})}) {
    INFO(to_text(kernel));
    CHECK_THROWS_WITH(validate(spec_of(kernel)),
                      Contains("identity features need a kernel that is a multiple of x.y"));
  }
  FeatureMapSpec spec = spec_of();
  spec.num_frequencies = kDim + 1;
  CHECK_THROWS_WITH(validate(spec), Contains("coordinates: num_frequencies is 14, expected 13"));
  spec = spec_of();
  spec.projection = RademacherProjection{};
  CHECK_THROWS_WITH(validate(spec), Contains("identity features need coordinates frequencies"));
  spec = spec_of();
  spec.features = MaclaurinFeatures{};
  CHECK_THROWS_WITH(validate(spec), Contains("maclaurin features need rademacher frequencies"));
  const std::vector<double> x(kDim, 0.2);
  CHECK_THROWS_WITH(kernel_moments(spec_of(), x, x), Contains("whose law is not known"));
  CHECK(parse_spec(to_text(spec_of())) == spec_of());
}
