// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <bochner/client/attention.hpp>
#include <bochner/client/gram.hpp>
#include <bochner/estimator/optimal_pair_transform.hpp>
#include <bochner/kernel/data_scale.hpp>
#include <bochner/kernel/options.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kDim = 5;
constexpr double kScale = 0.4;

std::vector<Metric> metrics() {
  return {Isotropic{1.7}, Diagonal{{0.5, 1.0, 1.5, 2.0, 2.5}}, Full{property::full_matrix(kDim)}};
}

/// A x, row by row, from the definitions of the metrics.
Matrix<double> in_metric(const Metric& metric, const Matrix<double>& x) {
  Matrix<double> out(x.rows(), kDim);
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index k = 0; k < kDim; ++k) {
      if (const auto* one = std::get_if<Isotropic>(&metric)) {
        out(i, k) = x(i, k) / one->lengthscale;
      } else if (const auto* each = std::get_if<Diagonal>(&metric)) {
        out(i, k) = x(i, k) / each->lengthscales[static_cast<std::size_t>(k)];
      } else {
        const auto& a = std::get<Full>(metric).matrix;
        for (Index l = 0; l < kDim; ++l) {
          out(i, k) += a[static_cast<std::size_t>(k * kDim + l)] * x(i, l);
        }
      }
    }
  }
  return out;
}

double difference(const Matrix<double>& a, const Matrix<double>& b) {
  double worst = 0.0;
  for (Index i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(a.data()[i] - b.data()[i]));
  }
  return worst;
}

}  // namespace

TEST_CASE("a softmax kernel with a metric is the kernel of rows in it", "[softmax][metric]") {
  const Matrix<double> x = property::rows<double>(12, kDim, 0.8, 1);
  const Matrix<double> y = property::rows<double>(9, kDim, 0.8, 2);
  for (const Metric& metric : metrics()) {
    const SoftmaxKernel kernel{kScale, metric};
    INFO(to_text(Kernel(kernel)));
    const Matrix<double> u = in_metric(metric, x);
    const Matrix<double> v = in_metric(metric, y);
    const Matrix<double> expected = exact_gram(SoftmaxKernel{kScale}, u.view(), v.view());
    CHECK(difference(exact_gram(kernel, x.view(), y.view()), expected) < 1e-13);

    FeatureMapSpec spec{
        .input_dim = kDim, .num_frequencies = 32, .kernel = kernel, .features = PositiveFeatures{}};
    FeatureMapSpec plain = spec;
    plain.kernel = SoftmaxKernel{kScale};
    CHECK(difference(features(FeatureMap<double>(spec), x.view()),
                     features(FeatureMap<double>(plain), u.view())) < 1e-13);
    CHECK(parse_spec(to_text(spec)) == spec);

    const auto tensor = [](const Matrix<double>& m) {
      return TensorView<const double, 4>(m.data(), {1, 1, m.rows(), m.cols()});
    };
    Matrix<double> out(12, kDim), reference(12, kDim);
    exact_attention<double>(kernel, {tensor(x), tensor(y), tensor(y)},
                            {out.data(), {1, 1, 12, kDim}});
    exact_attention<double>(SoftmaxKernel{kScale}, {tensor(u), tensor(v), tensor(y)},
                            {reference.data(), {1, 1, 12, kDim}});
    CHECK(difference(out, reference) < 1e-13);
  }
}

TEST_CASE("a pair transform is balanced in the kernel's metric", "[softmax][metric]") {
  const Matrix<double> x = property::rows<double>(200, kDim, 2.0, 3);
  Matrix<double> y = property::rows<double>(150, kDim, 0.5, 4);
  for (Index i = 0; i < y.rows(); ++i) y(i, 2) = 3.0 + 0.1 * y(i, 0);
  for (const Metric& metric : metrics()) {
    const Kernel kernel = SoftmaxKernel{kScale, metric};
    INFO(to_text(kernel));
    const PairTransform found = optimal_pair_transform(kernel, x.view(), y.view());
    const PairTransform expected =
        optimal_pair_transform(in_metric(metric, x).view(), in_metric(metric, y).view());
    REQUIRE(found.matrix.size() == expected.matrix.size());
    for (std::size_t e = 0; e < found.matrix.size(); ++e) {
      CHECK(found.matrix[e] == Approx(expected.matrix[e]).margin(1e-9));
    }
    const PairTransform raw = optimal_pair_transform(x.view(), y.view());
    CHECK(found.query == raw.query);
    CHECK(found.key == raw.key);
  }
  CHECK(optimal_pair_transform(SoftmaxKernel{kScale}, x.view(), y.view()) ==
        optimal_pair_transform(x.view(), y.view()));
  CHECK_THROWS_WITH(optimal_pair_transform(GaussianKernel{}, x.view(), y.view()),
                    Contains("the kernel is gaussian") && Contains("expected softmax"));
}

TEST_CASE("rules of scale choose a softmax kernel's scale and leave its metric",
          "[softmax][metric]") {
  const Matrix<double> x = property::rows<double>(60, kDim, 1.0, 5);
  const Metric metric = Diagonal{{0.5, 1.0, 1.5, 2.0, 2.5}};
  const Kernel kernel = SoftmaxKernel{kScale, metric};
  CHECK(with_scale(kernel, MedianScale{}, x.view()) == kernel);
  CHECK(lengthscales_of(kernel) == nullptr);
  REQUIRE(metric_of(kernel) != nullptr);
  CHECK(*metric_of(kernel) == metric);
  const Kernel chosen = with_scale(kernel, MeanSquareSumScale{2.0}, x.view());
  CHECK(*metric_of(chosen) == metric);
  const Matrix<double> u = in_metric(metric, x);
  CHECK(*dot_scale_of(chosen) * mean_square_sum(u.view(), u.view()) == Approx(2.0));
}

TEST_CASE("a softmax kernel's text holds a metric where there is one", "[softmax][metric]") {
  CHECK(to_text(Kernel(SoftmaxKernel{0.25})) == "softmax(scale=0.25)");
  CHECK(to_text(Kernel(SoftmaxKernel{0.25, Isotropic{2.0}})) ==
        "softmax(scale=0.25, metric=isotropic(lengthscale=2))");
  CHECK(parse_kernel("softmax(metric=diagonal(lengthscales=[1, 2]))") ==
        Kernel(SoftmaxKernel{1.0, Diagonal{{1.0, 2.0}}}));
  const FeatureMapSpec spec{.input_dim = 3,
                            .num_frequencies = 4,
                            .kernel = SoftmaxKernel{1.0, Diagonal{{1.0, 2.0}}},
                            .features = PositiveFeatures{}};
  CHECK_THROWS_WITH(validate(spec), Contains("softmax"));
}
