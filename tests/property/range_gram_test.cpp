// SPDX-License-Identifier: Apache-2.0
#include "property/range.hpp"
#include "property/specs.hpp"

#include <bochner/client/gram/certificate.hpp>
#include <bochner/client/gram/clusters.hpp>
#include <bochner/client/gram/exact.hpp>
#include <bochner/client/gram/independence.hpp>
#include <bochner/client/gram/matrix.hpp>
#include <bochner/client/gram/nystrom.hpp>
#include <bochner/client/gram/principal_components.hpp>
#include <bochner/client/gram/shifted.hpp>
#include <bochner/client/gram/two_sample.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

// Gram matrices of rows anywhere in the range of the numbers.

using namespace bochner;

namespace {

constexpr Index kDim = 3;
constexpr Index kRows = 9;

using testing::Long;

/// A tolerance beside the oracle's sensitivity, of entries from inner products that may have lost
/// ten bits.
constexpr double kEntry = 4e-12;

template <class T>
void check_entry(double found, const testing::ExactValue& exact) {
  REQUIRE(std::isfinite(found));
  CHECK(std::abs(found - static_cast<double>(exact.value)) <=
        kEntry * static_cast<double>(exact.sensitivity) + 1e-300);
}

FeatureMapSpec spec_of(double lengthscale) {
  return {.input_dim = kDim,
          .num_frequencies = 6,
          .kernel = GaussianKernel{Isotropic{lengthscale}},
          .projection = IidProjection{},
          .features = TrigonometricFeatures{},
          .seed = {37},
          .transform = {}};
}

}  // namespace

TEMPLATE_TEST_CASE("exact entries are right at any size and place", "[property][range]", float,
                   double) {
  using T = TestType;
  property::for_each_range([&](double offset, double scale) {
    const auto x = property::ranged_rows<T>(kRows, kDim, offset, scale);
    if (!x) return;
    const MatrixView<const T> rows(*x);
    std::vector<Kernel> kernels = property::kernels(kDim);
    const Isotropic metric{1.3 * scale};
    kernels.insert(kernels.end(),
                   {GaussianKernel{metric}, MaternKernel{1.3, metric}, LaplacianKernel{metric},
                    ProductCauchyKernel{metric}, PolynomialKernel{3, 0.5, metric}});
    for (const Kernel& kernel : kernels) {
      INFO(kernel.index() << ", offset " << offset << ", scale " << scale);
      const ExactGram gram(kernel, rows);
      const auto dense = property::answer([&] { return gram.to_dense(); });
      const auto diagonal = property::answer([&] { return gram.diagonal(); });
      for (Index i = 0; i < kRows; ++i) {
        for (Index j = 0; j < kRows; ++j) {
          const testing::ExactValue exact = property::exact_value<T>(kernel, rows, i, j);
          const auto entry = property::answer([&] { return gram.entry(i, j); });
          if (dense) check_entry<T>((*dense)(i, j), exact);
          if (entry) check_entry<T>(*entry, exact);
          if (dense) CHECK(entry.has_value());
          if (diagonal && i == j) check_entry<T>((*diagonal)[static_cast<std::size_t>(i)], exact);
          if (std::abs(exact.value) < 1e300L && std::abs(exact.sensitivity) < 1e300L &&
              scale * offset < 1e30) {
            CHECK(entry.has_value());
          }
        }
      }
      if (!dense) continue;
      // K b for b of ones: the sums of rows.
      const std::vector<double> ones(kRows, 1.0);
      std::vector<double> product(kRows);
      if (!property::answer([&] { return gram.multiply(ones, product), 0; })) continue;
      for (Index i = 0; i < kRows; ++i) {
        Long sum = 0.0L;
        Long size = 0.0L;
        for (Index j = 0; j < kRows; ++j) {
          sum += static_cast<Long>((*dense)(i, j));
          size += std::abs(static_cast<Long>((*dense)(i, j)));
        }
        CHECK(std::abs(static_cast<Long>(product[static_cast<std::size_t>(i)]) - sum) <=
              1e-13L * size);
      }
    }
  });
}

TEMPLATE_TEST_CASE("approximate entries are products of the features", "[property][range]", float,
                   double) {
  using T = TestType;
  property::for_each_range([&](double offset, double scale) {
    const auto x = property::ranged_rows<T>(kRows, kDim, offset, scale);
    if (!x) return;
    const MatrixView<const T> rows(*x);
    for (const FeatureFunction& features :
         {FeatureFunction(TrigonometricFeatures{}), FeatureFunction(PositiveFeatures{})}) {
      FeatureMapSpec spec = spec_of(1.3 * scale);
      spec.features = features;
      const FeatureMap<T> map(spec);
      const auto phi = property::answer([&] { return property::apply<T>(map, rows); });
      const auto gram = property::answer([&] { return GramApproximation<T>(map, rows); });
      REQUIRE(phi.has_value() == gram.has_value());
      if (!phi) continue;
      INFO("offset " << offset << ", scale " << scale);
      Matrix<double> entries(kRows, kRows);
      approximate_gram<T>(map, rows, rows, entries.view());
      for (Index i = 0; i < kRows; ++i) {
        for (Index j = 0; j < kRows; ++j) {
          Long sum = 0.0L;
          Long size = 0.0L;
          for (Index f = 0; f < map.num_features(); ++f) {
            const Long term = static_cast<Long>(phi->phi(i, f)) * static_cast<Long>(phi->phi(j, f));
            sum += term;
            size += std::abs(term);
          }
          const int exponent = std::clamp(phi->exponent[static_cast<std::size_t>(i)] +
                                              phi->exponent[static_cast<std::size_t>(j)],
                                          -10000, 10000);
          const Long slack = 32.0L * static_cast<Long>(std::numeric_limits<T>::epsilon()) *
                                 std::ldexp(size, exponent) +
                             1e-300L;
          CHECK(std::abs(static_cast<Long>(entries(i, j)) - std::ldexp(sum, exponent)) <= slack);
          CHECK(std::abs(static_cast<Long>(gram->entry(i, j)) - std::ldexp(sum, exponent)) <=
                slack);
        }
      }
    }
  });
}

TEMPLATE_TEST_CASE("what is built on Gram matrices is finite, or refused", "[property][range]",
                   float, double) {
  using T = TestType;
  int answers = 0;
  property::for_each_range([&](double offset, double scale) {
    const auto x = property::ranged_rows<T>(kRows, kDim, offset, scale);
    if (!x) return;
    const MatrixView<const T> rows(*x);
    for (const double lengthscale : {1.3, 1.3 * scale}) {
      INFO("offset " << offset << ", scale " << scale << ", lengthscale " << lengthscale);
      const FeatureMap<T> map(spec_of(lengthscale));
      const auto gram = property::answer([&] { return GramApproximation<T>(map, rows); });
      if (!gram) continue;
      ++answers;
      const ExactGram exact(map.spec().kernel, rows);
      // All of these are of order one at most: none has a reason to refuse.
      const KernelTestOptions permutations{.permutations = 9, .seed = {3}};
      const KernelTest mmd = two_sample_test(*gram, 4, permutations);
      CHECK(std::abs(mmd.statistic) <= 4.0);
      CHECK(mmd.p_value > 0.0);
      CHECK(mmd.p_value <= 1.0);
      const KernelTest exact_mmd = two_sample_test(exact, 4, permutations);
      CHECK(std::abs(exact_mmd.statistic) <= 4.0);
      const KernelTest hsic = independence_test(*gram, *gram, permutations);
      CHECK(hsic.statistic >= 0.0);
      CHECK(hsic.statistic <= 1.0 + 1e-5);
      const KernelClusters clusters = kernel_kmeans(*gram, {.clusters = 3, .restarts = 2});
      CHECK(clusters.inertia >= 0.0);
      CHECK(clusters.inertia <= 2.0 * static_cast<double>(kRows));
      const KernelPrincipalComponents<T> components(map, rows, 4);
      CHECK(components.total_variance() >= 0.0);
      CHECK(components.total_variance() <= 1.0 + 1e-5);
      for (const double variance : components.variances()) CHECK(variance > 0.0);
      Matrix<double> scores(kRows, components.num_components());
      components.transform(rows, scores.view());
      for (Index i = 0; i < scores.size(); ++i) CHECK(std::abs(scores.data()[i]) <= 2.0);
      CHECK(nystrom<T>(exact, {.rank = kRows}).relative_trace_error <= 1e-6);
      const MeasuredGramError distance = gram_distance<T>(map, rows, rows);
      CHECK(distance.relative() <= 3.0);
      CHECK(std::isfinite(sampled_error(*gram, exact).squared_error));
      CHECK(std::isfinite(hutchinson_error(*gram, exact).squared_error));
      CHECK(std::isfinite(spectral_error(*gram, exact).value));
      const ShiftedGram<T> shifted(*gram, 0.1);
      CHECK(std::isfinite(shifted.log_determinant()));
      CHECK(!eigenpairs(*gram, 3).values.empty());
    }
  });
  CHECK(answers >= 35);  // of 40, the rest where float cannot hold the rows or the scales
}
