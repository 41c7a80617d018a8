// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/independence.hpp"

#include "client/gram/centred_features.hpp"
#include "client/gram/checks.hpp"
#include "client/gram/feature_products.hpp"
#include "client/gram/null_law.hpp"
#include "client/gram/permutation_p_value.hpp"
#include "random/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

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

/// P(sum_jk lambda_j mu_k X_jk / n >= statistic), of centred rows. (n - 1) / n makes one of the two
/// covariances that of 1 / n.
template <Scalar T>
double dependence_p_value(const GramApproximation<T>& x, const GramApproximation<T>& y,
                          double statistic, ChiSquareLaw law, const Execution& execution) {
  const auto n = static_cast<double>(x.size());
  const std::vector<double> lambda =
      covariance_eigenvalues(kIndependenceTest, x.features(), execution);
  const std::vector<double> mu = covariance_eigenvalues(kIndependenceTest, y.features(), execution);
  // Ascending. Relative to the largest, no product leaves the range of double.
  const double first = lambda.back();
  const double second = mu.back();
  if (first == 0.0 || second == 0.0) return 1.0;
  const double relative = n * (statistic / first / second);
  if (!std::isfinite(relative)) kIndependenceTest.refuse("the statistic overflows; scale x down");
  std::vector<double> weights;
  for (const double a : lambda) {
    for (const double b : mu) weights.push_back((n - 1.0) / n * (a / first) * (b / second));
  }
  return weighted_chi_square_tail(weights, relative, law);
}

}  // namespace

template <Scalar T>
KernelTest independence_test(const GramApproximation<T>& x, const GramApproximation<T>& y,
                             const KernelTestOptions& options, const Execution& execution) {
  const Index n = x.size();
  require_size(kIndependenceTest, "y", y.size(), n, "those of x");
  kIndependenceTest.at_least("rows", n, 2).at_least("permutations", options.permutations, 1);
  // Centring one side would give the same sum; centring both keeps its digits.
  const GramApproximation<T> centred = centred_rows(kIndependenceTest, x);
  const Matrix<double> psi = centred_features(kIndependenceTest, y.features());
  const double squared_rows = static_cast<double>(n) * static_cast<double>(n);
  KernelTest out;
  out.statistic = squared_products(centred.features(), psi, execution) / squared_rows;
  if (options.null == NullLaw::weighted_chi_squares) {
    out.p_value = dependence_p_value(centred, centred_rows(kIndependenceTest, y), out.statistic,
                                     options.law, execution);
    return out;
  }
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

template KernelTest independence_test(const GramApproximation<float>&,
                                      const GramApproximation<float>&, const KernelTestOptions&,
                                      const Execution&);
template KernelTest independence_test(const GramApproximation<double>&,
                                      const GramApproximation<double>&, const KernelTestOptions&,
                                      const Execution&);

}  // namespace bochner
