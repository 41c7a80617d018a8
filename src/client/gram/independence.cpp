// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/independence.hpp"

#include "client/gram/centred_features.hpp"
#include "client/gram/checks.hpp"
#include "client/gram/feature_products.hpp"
#include "client/gram/permutation_p_value.hpp"
#include "random/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kIndependenceTest("independence_test");

/// |Phi^T b|_F^2, the powers of two multiplied in.
template <Scalar T>
double squared_products(const FeatureSource<T>& phi, const Matrix<double>& b,
                        const Execution& execution) {
  const ScaledColumns product = transposed_product(phi, b.view(), execution);
  double sum = 0.0;
  for (Index c = 0; c < product.values.cols(); ++c) {
    double column = 0.0;
    for (Index j = 0; j < product.values.rows(); ++j) {
      column += product.values(j, c) * product.values(j, c);
    }
    const auto exponent = std::clamp<std::int64_t>(
        2 * product.exponent[static_cast<std::size_t>(c)], -10'000, 10'000);
    sum += std::ldexp(column, static_cast<int>(exponent));
  }
  return sum;
}

}  // namespace

template <Scalar T>
PermutationTest independence_test(const GramApproximation<T>& x, const GramApproximation<T>& y,
                                  const PermutationTestOptions& options,
                                  const Execution& execution) {
  const Index n = x.size();
  require_size(kIndependenceTest, "y", y.size(), n, "those of x");
  kIndependenceTest.at_least("rows", n, 2).at_least("permutations", options.permutations, 1);
  // Centring one side would give the same sum; centring both keeps its digits.
  const GramApproximation<T> centred = centred_rows(kIndependenceTest, x);
  const Matrix<double> psi = centred_features(kIndependenceTest, y.features());
  const double squared_rows = static_cast<double>(n) * static_cast<double>(n);
  PermutationTest out;
  out.statistic = squared_products(centred.features(), psi, execution) / squared_rows;
  Matrix<double> permuted(n, psi.cols());
  for (Index b = 1; b <= options.permutations; ++b) {
    const std::vector<Index> order = random_permutation(
        Stream(options.seed, Purpose::permutation, static_cast<std::uint64_t>(b)), n);
    for (Index i = 0; i < n; ++i) {
      std::copy_n(psi.row(order[static_cast<std::size_t>(i)]), psi.cols(), permuted.row(i));
    }
    out.permuted.push_back(squared_products(centred.features(), permuted, execution) /
                           squared_rows);
  }
  set_p_value(out, out.statistic);
  return out;
}

template PermutationTest independence_test(const GramApproximation<float>&,
                                           const GramApproximation<float>&,
                                           const PermutationTestOptions&, const Execution&);
template PermutationTest independence_test(const GramApproximation<double>&,
                                           const GramApproximation<double>&,
                                           const PermutationTestOptions&, const Execution&);

}  // namespace bochner
