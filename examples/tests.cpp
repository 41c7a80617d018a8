// SPDX-License-Identifier: Apache-2.0
//
// Four questions to ask of rows without targets: whether two samples have one law, whether two
// variables depend on each other, along which directions rows vary, which rows belong together.

#include <bochner/bochner.hpp>

#include <cmath>
#include <cstdio>

using bochner::GramApproximation;
using bochner::Index;
using bochner::Matrix;

int main() {
  constexpr Index kRows = 400;
  const bochner::FeatureMap<double> map({.input_dim = 1, .num_frequencies = 64, .seed = {1}});
  const bochner::FeatureMap<double> plane({.input_dim = 2, .num_frequencies = 128, .seed = {1}});

  // y = cos(2 x) plus noise: no correlation, and yet dependent.
  Matrix<double> x(kRows, 1), y(kRows, 1), ring(kRows, 2);
  const bochner::Stream stream({7}, bochner::Purpose::study);
  for (Index i = 0; i < kRows; ++i) {
    const auto at = static_cast<std::uint64_t>(i);
    x(i, 0) = stream.normal(at);
    y(i, 0) = std::cos(2.0 * x(i, 0)) + 0.3 * stream.normal(at + kRows);
    const double radius = i % 2 == 0 ? 0.3 : 4.0;
    ring(i, 0) = radius * std::cos(x(i, 0) * 3.0);
    ring(i, 1) = radius * std::sin(x(i, 0) * 3.0);
  }
  const auto x_rows = bochner::MatrixView<const double>(x);
  const auto y_rows = bochner::MatrixView<const double>(y);
  const GramApproximation<double> k(map, x_rows), l(map, y_rows);

  const auto laws = bochner::two_sample_test<double>(map, x_rows, y_rows, {.permutations = 199});
  const auto halves = bochner::two_sample_test<double>(k, kRows / 2, {.permutations = 199});
  const auto together = bochner::independence_test<double>(k, l, {.permutations = 199});
  std::printf("x and y have one law:      p = %.3f\n", laws.p_value);
  std::printf("the halves of x have one:  p = %.3f\n", halves.p_value);
  std::printf("x and y are independent:   p = %.3f\n", together.p_value);

  const auto ring_rows = bochner::MatrixView<const double>(ring);
  const bochner::KernelPrincipalComponents<double> components(plane, ring_rows, 2);
  std::printf("two components hold %.0f %% of the variance\n",
              100.0 * (components.variances()[0] + components.variances()[1]) /
                  components.total_variance());
  const auto clusters =
      bochner::kernel_kmeans(GramApproximation<double>(plane, ring_rows), {.clusters = 2});
  Index apart = 0;
  for (std::size_t i = 0; i < kRows; ++i) apart += clusters.labels[i] == clusters.labels[i % 2];
  std::printf("clusters are the rings: %td of %td rows\n", apart, kRows);
  return laws.p_value < 0.05 && halves.p_value > 0.05 && together.p_value < 0.05 ? 0 : 1;
}
