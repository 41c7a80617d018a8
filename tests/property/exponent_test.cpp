// SPDX-License-Identifier: Apache-2.0
#include "property/specs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

// The value of a feature is phi 2^exponent. Rows of any length keep phi of order one.

using namespace bochner;

namespace {

/// log of sum_j phi_ij psi_kj 2^(a_i + b_k), or of its absolute value.
template <Scalar T>
double log_estimate(const property::Features<T>& a, Index i, const property::Features<T>& b,
                    Index k) {
  double sum = 0.0;
  for (Index j = 0; j < a.phi.cols(); ++j) {
    sum += static_cast<double>(a.phi(i, j)) * static_cast<double>(b.phi(k, j));
  }
  const double exponent = static_cast<double>(a.exponent[static_cast<std::size_t>(i)]) +
                          static_cast<double>(b.exponent[static_cast<std::size_t>(k)]);
  return std::log(std::abs(sum)) + exponent * std::log(2.0);
}

}  // namespace

TEMPLATE_TEST_CASE("entries of phi are of order one, however long the row", "[property][exponent]",
                   float, double) {
  constexpr Index kDim = 5;
  constexpr Index kFrequencies = 64;
  for (const FeatureMapSpec& spec : property::specs(kDim, kFrequencies)) {
    INFO(to_text(spec));
    const FeatureMap<TestType> map(spec);
    for (const double size : {0.0, 1e-3, 1.0, 30.0, 1000.0}) {
      const std::vector<double> zeros(kDim, 0.0);
      if (size == 0.0 && evaluate(spec.kernel, zeros.data(), zeros.data(), kDim) == 0.0) continue;
      // Of a row of zeros only columns of degree 0 are left, which a draw need not have.
      if (size == 0.0 && std::holds_alternative<MaclaurinFeatures>(spec.features)) continue;
      const auto out = property::apply<TestType>(map, property::rows<TestType>(16, kDim, size));
      double smallest_row = 2.0;
      double largest_row = 0.0;
      for (Index i = 0; i < out.phi.rows(); ++i) {
        double largest = 0.0;
        for (Index j = 0; j < out.phi.cols(); ++j) {
          const auto value = std::abs(static_cast<double>(out.phi(i, j)));
          if (!(value <= largest)) largest = value;  // NaN is kept
        }
        smallest_row = std::min(smallest_row, largest);
        largest_row = std::max(largest_row, largest);
      }
      // Exponentials put the row's maximum into (1/2, 2); trigonometric features are normalised,
      // |phi|^2 = 1 to 4 over the m frequencies, before their fraction.
      CHECK(largest_row < 2.001);
      CHECK(smallest_row > 0.25 / std::sqrt(static_cast<double>(kFrequencies)));
    }
  }
}

TEST_CASE("exponents carry what float cannot hold", "[property][exponent]") {
  // exp(|x|^2 / 2) at |x| = 30 is 1e195: no float, but an exponent and a phi of order one.
  constexpr Index kDim = 5;
  for (const FeatureMapSpec& spec : property::specs(kDim, 64)) {
    INFO(to_text(spec));
    const auto a = property::apply<float>(FeatureMap<float>(spec),
                                          property::rows<float>(8, kDim, 12.0), Side::query);
    const auto b = property::apply<double>(FeatureMap<double>(spec),
                                           property::rows<double>(8, kDim, 12.0), Side::query);
    const auto a_key = property::apply<float>(FeatureMap<float>(spec),
                                              property::rows<float>(8, kDim, 12.0), Side::key);
    const auto b_key = property::apply<double>(FeatureMap<double>(spec),
                                               property::rows<double>(8, kDim, 12.0), Side::key);
    for (Index i = 0; i < 8; ++i) {
      const double reference = log_estimate(b, i, b_key, i);
      REQUIRE(std::isfinite(reference));
      CHECK(log_estimate(a, i, a_key, i) == Approx(reference).margin(1e-2));
    }
  }
}
