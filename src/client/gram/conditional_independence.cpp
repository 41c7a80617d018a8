// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/gram/conditional_independence.hpp"

#include "bochner/feature_map.hpp"
#include "client/gram/permutation_p_value.hpp"
#include "client/gram/standardised.hpp"
#include "core/door.hpp"
#include "core/parallel.hpp"
#include "kernel/median_distance.hpp"
#include "linalg/cholesky.hpp"
#include "linalg/product.hpp"
#include "linalg/symmetric_eigen.hpp"
#include "random/permutation.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

namespace bochner {

using namespace gram;

namespace {

constexpr Door kDoor("conditional_independence_test");
constexpr Index kMostConditionFeatures = 100;
/// Added to the second moments of standardised features of z.
constexpr double kRidge = 1e-10;

/// Seeds of one draw.
enum class Role : std::uint64_t { x, y, z, permutations, count };

/// One variable in standardised columns, with what its features need.
struct Variable {
  Matrix<double> rows;
  double lengthscale = 1.0;

  bool varies() const { return rows.cols() > 0; }
};

Variable variable(Matrix<double> rows) {
  Variable out{std::move(rows)};
  if (!out.varies()) return out;
  const double median = kernels::median_distance(out.rows.view());
  // Of columns that mostly repeat one value the root mean square distance says more.
  out.lengthscale = median > 0.0 ? median : std::sqrt(2.0 * static_cast<double>(out.rows.cols()));
  return out;
}

Matrix<double> beside(const Matrix<double>& a, const Matrix<double>& b) {
  Matrix<double> out(a.rows(), a.cols() + b.cols());
  for (Index i = 0; i < a.rows(); ++i) {
    std::copy_n(a.row(i), a.cols(), out.row(i));
    std::copy_n(b.row(i), b.cols(), out.row(i) + a.cols());
  }
  return out;
}

/// Standardised features with random phases.
Matrix<double> random_features(const Variable& of, Index count, Seed seed) {
  const FeatureMap<double> map({.input_dim = of.rows.cols(),
                                .num_frequencies = count,
                                .kernel = GaussianKernel{Isotropic{of.lengthscale}},
                                .features = CosineFeatures{},
                                .seed = seed});
  return standardised(features(map, of.rows.view(), Side::query, {1}).view());
}

/// What the regression on z takes of the law's weights, and of statistics of permuted residuals.
struct Inflation {
  double limit = 1.0;
  double permuted = 1.0;
};

/// Least squares on features of z, columns of mean zero.
class ConditionFit {
 public:
  explicit ConditionFit(Matrix<double> features)
      : features_(std::move(features)),
        moments_(features_.cols(), simd::padded<double>(features_.cols())) {
    linalg::add_product(features_.view().transpose(), features_.view(), square());
    for (Index k = 0; k < features_.cols(); ++k) moments_(k, k) += shift();
    if (linalg::cholesky(square(), {1})) {
      kDoor.refuse("features of z depend on each other linearly; give fewer condition_features");
    }
  }

  /// a less its fit; columns have mean zero.
  void regress_away(Matrix<double>& a) const {
    Matrix<double> coefficients(features_.cols(), simd::padded<double>(a.cols()));
    const auto solution = coefficients.view().middle_cols(0, a.cols());
    linalg::add_product(features_.view().transpose(), a.view(), solution);
    linalg::solve_transposed(square(), solution, {1});
    linalg::solve_upper(square(), solution, {1});
    for (Index k = 0; k < solution.rows; ++k) {
      for (Index c = 0; c < a.cols(); ++c) coefficients(k, c) = -coefficients(k, c);
    }
    linalg::add_product(features_.view(), solution, a.view());
  }

  /// With leverages h_i: the second moments of products of residuals are too small by tr (I - H) /
  /// sum_i (1 - h_i)^2, statistics of permuted residuals by (n - 1) / tr (I - H).
  Inflation inflation() const {
    const Index n = features_.rows();
    Matrix<double> scaled(features_.cols(), simd::padded<double>(n));
    for (Index i = 0; i < n; ++i) {
      for (Index k = 0; k < features_.cols(); ++k) scaled(k, i) = features_(i, k);
    }
    linalg::solve_transposed(square(), scaled.view().middle_cols(0, n), {1});
    double trace = 0.0;
    double squares = 0.0;
    for (Index i = 0; i < n; ++i) {
      double left = 1.0 - 1.0 / static_cast<double>(n);  // less that of the mean
      for (Index k = 0; k < scaled.rows(); ++k) left -= scaled(k, i) * scaled(k, i);
      trace += left;
      squares += left * left;
    }
    return {trace / squares, static_cast<double>(n - 1) / trace};
  }

 private:
  double shift() const { return static_cast<double>(features_.rows()) * kRidge; }
  MatrixView<double> square() { return moments_.view().middle_cols(0, features_.cols()); }
  MatrixView<const double> square() const {
    return moments_.view().middle_cols(0, features_.cols());
  }

  Matrix<double> features_;
  Matrix<double> moments_;  ///< their Cholesky factor
};

/// |a^T b|_F^2 / n
double statistic_of(const Matrix<double>& a, const Matrix<double>& b) {
  Matrix<double> c(a.cols(), b.cols());
  linalg::add_product(a.view().transpose(), b.view(), c.view());
  double sum = 0.0;
  for (Index e = 0; e < c.size(); ++e) sum += c.data()[e] * c.data()[e];
  return sum / static_cast<double>(a.rows());
}

/// `inflation` times the eigenvalues of the second moments of the products a_ij b_il.
std::vector<double> weights_of(const Matrix<double>& a, const Matrix<double>& b, double inflation) {
  Matrix<double> products(a.rows(), a.cols() * b.cols());
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = 0; j < a.cols(); ++j) {
      for (Index l = 0; l < b.cols(); ++l) products(i, j * b.cols() + l) = a(i, j) * b(i, l);
    }
  }
  Matrix<double> moments(products.cols(), products.cols());
  linalg::add_product(products.view().transpose(), products.view(), moments.view());
  const auto eigen = linalg::symmetric_eigen(moments.view());
  if (!eigen) kDoor.refuse("the eigenvalues of the statistic's law were not found");
  std::vector<double> weights;
  for (const double value : eigen->values) {
    weights.push_back(inflation * std::max(value, 0.0) / static_cast<double>(a.rows()));
  }
  return weights;
}

double permutation_p_value(const Matrix<double>& a, const Matrix<double>& b, double statistic,
                           double inflation, Index permutations, Seed seed) {
  KernelTest test{.statistic = statistic, .permuted = {}};
  Matrix<double> permuted(a.rows(), a.cols());
  for (Index p = 0; p < permutations; ++p) {
    const std::vector<Index> order = random_permutation(
        Stream(seed, Purpose::permutation, static_cast<std::uint64_t>(p)), a.rows());
    for (Index i = 0; i < a.rows(); ++i) {
      std::copy_n(a.row(order[static_cast<std::size_t>(i)]), a.cols(), permuted.row(i));
    }
    test.permuted.push_back(inflation * statistic_of(permuted, b));
  }
  set_p_value(test, statistic);
  return test.p_value;
}

struct Outcome {
  double statistic = 0.0;
  double p_value = 1.0;
};

/// The test with the frequencies of one draw.
class Test {
 public:
  Test(MatrixView<const double> x, MatrixView<const double> y, MatrixView<const double> z,
       const ConditionalIndependenceOptions& options)
      : options_(options), x_(variable(standardised(x))), z_(variable(standardised(z))) {
    Matrix<double> own = standardised(y);
    y_varies_ = own.cols() > 0;
    const bool joined = options.test == ConditionalTest::rcit && z_.varies();
    y_ = variable(joined ? beside(own, z_.rows) : std::move(own));
    condition_features_ = options.condition_features > 0
                              ? options.condition_features
                              : std::clamp<Index>(x.rows / 5, 1, kMostConditionFeatures);
    if (z_.varies() && x.rows <= condition_features_ + 1) {
      kDoor.refuse("rows", std::to_string(x.rows),
                   "more than " + std::to_string(condition_features_ + 1) +
                       " (condition_features and a mean)");
    }
  }

  Outcome draw(Index index) const {
    if (!x_.varies() || !y_varies_) return {};
    const auto seed = [&](Role role) {
      return derive_seed(options_.seed, static_cast<std::uint64_t>(Role::count) *
                                                static_cast<std::uint64_t>(index) +
                                            static_cast<std::uint64_t>(role));
    };
    Matrix<double> a = random_features(x_, options_.features, seed(Role::x));
    Matrix<double> b = random_features(y_, options_.features, seed(Role::y));
    // Without dependence the statistic's mean is that of tr (I - H) rows; the products of residuals
    // of row i are (1 - h_i)^2 of those of the features.
    Inflation inflation;
    if (z_.varies()) {
      const ConditionFit fit(random_features(z_, condition_features_, seed(Role::z)));
      fit.regress_away(a);
      fit.regress_away(b);
      inflation = fit.inflation();
    }
    Outcome out{.statistic = statistic_of(a, b)};
    out.p_value = options_.null == NullLaw::permutations
                      ? permutation_p_value(a, b, out.statistic, inflation.permuted,
                                            options_.permutations, seed(Role::permutations))
                      : weighted_chi_square_tail(weights_of(a, b, inflation.limit), out.statistic,
                                                 options_.law);
    return out;
  }

 private:
  const ConditionalIndependenceOptions& options_;
  Variable x_;
  Variable y_;
  Variable z_;
  bool y_varies_ = false;
  Index condition_features_ = 0;
};

/// P(Cauchy > mean of cot(pi p)).
double cauchy_combination(const std::vector<double>& p_values) {
  double sum = 0.0;
  for (const double p : p_values) {
    if (p == 0.0) return 0.0;
    // A p-value of 1 is held against the others as one just below it.
    const double below = std::min(p, 1.0 - 1e-15);
    sum += std::tan(std::numbers::pi * (0.5 - below)) / static_cast<double>(p_values.size());
  }
  // For large sums 1/2 - atan loses its digits.
  return sum > 1.0 ? std::atan(1.0 / sum) / std::numbers::pi
                   : 0.5 - std::atan(sum) / std::numbers::pi;
}

}  // namespace

ConditionalIndependence conditional_independence_test(MatrixView<const double> x,
                                                      MatrixView<const double> y,
                                                      MatrixView<const double> z,
                                                      const ConditionalIndependenceOptions& options,
                                                      const Execution& execution) {
  kDoor.rows("y", y, x.rows, "those of x").rows("z", z, x.rows, "those of x");
  kDoor.at_least("rows", x.rows, 3)
      .finite("x", x)
      .finite("y", y)
      .finite("z", z)
      .at_least("features", options.features, 1)
      .at_least("condition_features", options.condition_features, 0)
      .at_least("permutations", options.permutations, 1)
      .at_least("draws", options.draws, 1);
  const Test test(x, y, z, options);
  std::vector<Outcome> outcomes(static_cast<std::size_t>(options.draws));
  parallel_for_blocks(options.draws, execution, [&](Index draw, int) {
    outcomes[static_cast<std::size_t>(draw)] = test.draw(draw);
  });
  ConditionalIndependence out{
      .statistic = outcomes.front().statistic, .p_value = outcomes.front().p_value, .p_values = {}};
  for (const Outcome& outcome : outcomes) out.p_values.push_back(outcome.p_value);
  out.combined_p_value = cauchy_combination(out.p_values);
  return out;
}

}  // namespace bochner
