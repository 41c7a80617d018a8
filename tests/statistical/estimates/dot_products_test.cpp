// SPDX-License-Identifier: Apache-2.0
#include "features/stage.hpp"
#include "fourth_moment.hpp"
#include "kernel/standard_form.hpp"
#include "mean_check.hpp"

#include <algorithm>
#include <cmath>

using namespace bochner;
using namespace bochner::testing;

namespace {

std::vector<Kernel> series_kernels() {
  return {PolynomialKernel{}, PolynomialKernel{2, 0.0, Isotropic{0.7}},
          PolynomialKernel{4, 0.5, Diagonal{{1.0, 2.0, 0.5, 1.0, 1.5}}},
          DotProductKernel{{0.4, 0.0, 1.0, 0.0, 0.3}, {}}, SoftmaxKernel{0.8}};
}

PowerSeries series_of(const Kernel& kernel) { return *spectral_measure(kernel).series; }

std::vector<FeatureMapSpec> product_specs(const Kernel& kernel, Index m) {
  std::vector<FeatureMapSpec> out{
      make_spec(5, m, kernel, RademacherProjection{}, MaclaurinFeatures{1.1})};
  if (std::holds_alternative<PolynomialKernel>(kernel)) {
    out.push_back(make_spec(5, m, kernel, CountSketchProjection{}, TensorSketchFeatures{}));
  }
  return out;
}

/// TensorSketch from scratch, in the time domain; `shared`: with one sketch for all factors.
double sketch_estimate(Seed seed, const Pair& pair, Index degree, Index buckets, bool shared) {
  const auto d = static_cast<Index>(pair.x.size());
  const auto sketch = [&](const std::vector<double>& x, Index level) {
    const Stream stream(seed, Purpose::study, static_cast<std::uint64_t>(shared ? 0 : level));
    std::vector<double> out(static_cast<std::size_t>(buckets), 0.0);
    for (Index l = 0; l < d; ++l) {
      const auto word = static_cast<std::uint64_t>(l);
      const double u = stream.uniform(word);
      const double sign = stream.substream(1).sign(word);
      out[static_cast<std::size_t>(u * static_cast<double>(buckets))] +=
          sign * x[static_cast<std::size_t>(l)];
    }
    return out;
  };
  const auto tensor = [&](const std::vector<double>& x) {
    std::vector<double> product(static_cast<std::size_t>(buckets), 0.0);
    product[0] = 1.0;
    for (Index level = 0; level < degree; ++level) {
      const std::vector<double> factor = sketch(x, level);
      std::vector<double> next(product.size(), 0.0);
      for (std::size_t a = 0; a < product.size(); ++a) {
        for (std::size_t b = 0; b < product.size(); ++b) {
          next[(a + b) % next.size()] += product[a] * factor[b];
        }
      }
      product = next;
    }
    return product;
  };
  const std::vector<double> u = tensor(pair.x);
  const std::vector<double> v = tensor(pair.y);
  double sum = 0.0;
  for (std::size_t k = 0; k < u.size(); ++k) sum += u[k] * v[k];
  return sum;
}

}  // namespace

TEST_CASE("every map of a dot-product kernel is unbiased", "[unbiased]") {
  std::uint64_t seed = 900;
  for (const Kernel& kernel : series_kernels()) {
    for (const Pair& pair : {dense_pair(5, 1.0, 0.6), sparse_pair(5, 0.3, 2.0)}) {
      for (const Index m : {Index{7}, Index{16}}) {
        for (const FeatureMapSpec& spec : product_specs(kernel, m)) {
          check_mean(spec, pair, 4000, ++seed);
        }
      }
      FeatureMapSpec exact = product_specs(kernel, 12).front();
      for (const ExactTerms terms : {ExactTerms::constant, ExactTerms::linear}) {
        exact.features = MaclaurinFeatures{0.9, terms};
        check_mean(exact, pair, 4000, ++seed);
      }
    }
  }
}

TEST_CASE("Maclaurin features have the closed-form variance", "[variance]") {
  std::uint64_t seed = 960;
  const Pair pair = dense_pair(5, 0.9, 0.5);
  for (const Kernel& kernel : series_kernels()) {
    const FeatureMapSpec spec = product_specs(kernel, 6).front();
    const CheckResult result = check_row_variance(spec, pair, ++seed);
    FeatureMapSpec longer = spec;
    longer.num_frequencies += 1;
    caught_z(result.measured, kernel_moments(longer, pair.x, pair.y).variance, result.sigma);
  }
}

TEST_CASE("exact terms and sketches have the closed-form variance", "[variance]") {
  // The spread of the sample is that of products of few signs: bounded, and light enough at these
  // sizes for the sample's own fourth moment.
  std::uint64_t seed = 980;
  const Pair pair = dense_pair(5, 0.9, 0.5);
  for (const Kernel& kernel : series_kernels()) {
    FeatureMapSpec spec = product_specs(kernel, 14).front();
    for (const ExactTerms terms : {ExactTerms::constant, ExactTerms::linear}) {
      spec.features = MaclaurinFeatures{0.8, terms};
      const CheckResult result =
          check_variance(spec, pair.x, pair.y, {.replicates = 40000, .seed = {++seed}});
      INFO(to_text(spec) << ": " << result.sentence);
      check_z(result.measured, result.expected, result.sigma);
      FeatureMapSpec none = spec;
      none.features = MaclaurinFeatures{0.8};
      if (terms == ExactTerms::linear && std::isfinite(series_of(kernel).log_coefficient(1))) {
        caught_z(result.measured, kernel_moments(none, pair.x, pair.y).variance, result.sigma);
      }
    }
  }
  for (const Index m : {Index{1}, Index{2}, Index{8}, Index{13}}) {
    for (const Kernel& kernel : {Kernel(PolynomialKernel{}), Kernel(PolynomialKernel{2, 0.0, {}}),
                                 Kernel(PolynomialKernel{5, 0.3, Isotropic{1.2}})}) {
      const FeatureMapSpec spec = product_specs(kernel, m).back();
      const CheckResult result =
          check_variance(spec, pair.x, pair.y, {.replicates = 40000, .seed = {++seed}});
      INFO(to_text(spec) << ": " << result.sentence);
      check_z(result.measured, result.expected, result.sigma);
    }
  }
}

TEST_CASE("a degree's probability left out of its weight is caught", "[wrong]") {
  // sqrt(a_N / m) prod w.x in place of sqrt(a_N / (m P(N))) prod w.x.
  const Pair pair = dense_pair(5, 0.9, 0.5);
  const FeatureMapSpec spec =
      make_spec(5, 8, PolynomialKernel{}, RademacherProjection{}, MaclaurinFeatures{1.0});
  const KernelMoments moments = kernel_moments(spec, pair.x, pair.y);
  const CheckOptions options{.replicates = 4000, .seed = {31}};
  CHECK(check_unbiased(estimates_of(spec, pair.x, pair.y), moments.exact, moments.variance, options)
            .passed());
  const PowerSeries series = series_of(spec.kernel);
  const SeededEstimate wrong = [&](Seed seed) {
    const auto layout = product_layout(spec.features, &series, 5, 8, seed);
    double sum = 0.0;
    for (Index j = 0; j < 8; ++j) {
      const Index n = layout->degree[static_cast<std::size_t>(j)];
      double product = std::exp(series.log_coefficient(n)) / 8.0;
      for (Index level = 0; level < n; ++level) {
        double u = 0.0;
        double v = 0.0;
        for (Index k = 0; k < 5; ++k) {
          const double sign = Stream(seed, Purpose::signs, static_cast<std::uint64_t>(j))
                                  .sign(static_cast<std::uint64_t>(level * 5 + k));
          u += sign * pair.x[static_cast<std::size_t>(k)];
          v += sign * pair.y[static_cast<std::size_t>(k)];
        }
        product *= u * v;
      }
      sum += product;
    }
    return sum;
  };
  const CheckResult result = check_unbiased(wrong, moments.exact, moments.variance, options);
  INFO(result.sentence);
  caught_z(result.measured, result.expected, result.sigma);
}

TEST_CASE("one sketch for all factors is caught, one for each is TensorSketch", "[wrong]") {
  constexpr Index kBuckets = 8;
  const Pair pair = dense_pair(5, 0.9, 0.5);
  const FeatureMapSpec spec = make_spec(5, kBuckets, PolynomialKernel{2, 0.0, {}},
                                        CountSketchProjection{}, TensorSketchFeatures{});
  const KernelMoments moments = kernel_moments(spec, pair.x, pair.y);
  const CheckOptions options{.replicates = 20000, .seed = {32}};
  const auto with = [&](bool shared) {
    return [&, shared](Seed seed) { return sketch_estimate(seed, pair, 2, kBuckets, shared); };
  };
  const CheckResult right = check_unbiased(with(false), moments.exact, moments.variance, options);
  check_z(right.measured, right.expected, right.sigma);
  const CheckResult spread =
      check_variance(with(false), moments.variance, 0.0, {.replicates = 20000, .seed = {33}});
  INFO(spread.sentence);
  check_z(spread.measured, spread.expected, spread.sigma);
  const CheckResult wrong = check_unbiased(with(true), moments.exact, moments.variance, options);
  INFO(wrong.sentence);
  caught_z(wrong.measured, wrong.expected, wrong.sigma);
}
