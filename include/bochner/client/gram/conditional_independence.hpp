// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/kernel_test.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>

/// \file
/// Whether x and y are independent given z.

namespace bochner {

/// Which features are compared once z is regressed away.
enum class ConditionalTest {
  rcot,  ///< those of x and of y: a test of uncorrelated residuals, well calibrated for a large z
  rcit   ///< those of x and of (y, z): sees all conditional dependence
};
constexpr std::array<std::string_view, 2> names_of(ConditionalTest) { return {"rcot", "rcit"}; }

struct ConditionalIndependenceOptions {
  ConditionalTest test = ConditionalTest::rcot;
  Index features = 5;  ///< of x and of y each, at least 1
  /// Of z; 0: 100, or a fifth of the rows where these are fewer than 500.
  Index condition_features = 0;
  NullLaw null = NullLaw::weighted_chi_squares;
  ChiSquareLaw law = ChiSquareLaw::inversion;
  Index permutations = 999;  ///< of `NullLaw::permutations`
  Index draws = 10;          ///< of the frequencies, at least 1
  Seed seed{};

  static constexpr auto fields() {
    using Options = ConditionalIndependenceOptions;
    return std::tuple{Field{"test", &Options::test},
                      Field{"features", &Options::features},
                      Field{"condition_features", &Options::condition_features},
                      Field{"null", &Options::null},
                      Field{"law", &Options::law},
                      Field{"permutations", &Options::permutations},
                      Field{"draws", &Options::draws},
                      Field{"seed", &Options::seed}};
  }
};

struct ConditionalIndependence {
  double statistic = 0.0;  ///< n |C|_F^2 of the first draw
  double p_value = 1.0;    ///< of the first draw
  /// Of every draw, the first included: how much the answer owes to random frequencies.
  std::vector<double> p_values{1.0};
  /// All draws in one p-value by the Cauchy combination [Liu20], which small values of dependent
  /// tests do not make larger than it says, about.
  double combined_p_value = 1.0;

  static constexpr auto fields() {
    using Result = ConditionalIndependence;
    return std::tuple{Field{"statistic", &Result::statistic}, Field{"p_value", &Result::p_value},
                      Field{"p_values", &Result::p_values},
                      Field{"combined_p_value", &Result::combined_p_value}};
  }
};

/// The randomised conditional independence tests of [Strobl19] for n rows of x, y and z observed
/// together. Columns are standardised, kernels are Gaussian with the median distance for a
/// lengthscale, features have random phases and orthogonal frequencies. With residuals a_i and b_i
/// of the features of x and y after least squares on those of z, C = sum a_i b_i^T / n; n |C|_F^2
/// has, where x and y are independent given z and n is large, the law of sum lambda_k X_k, X_k
/// chi-squared with one degree of freedom and lambda the eigenvalues of the second moments of the
/// products a_ij b_il, times tr (I - H) / sum (1 - H_ii)^2 for what the regression on z, H its hat
/// matrix, took of both. A z without columns, or that does not vary, is no condition; of an x or y
/// that does not vary everything is independent (p = 1).
///
/// O(draws n (D_z^2 + D_x^2 D_y^2)); one draw after the other on one thread each. The same bits for
/// any number of threads. Throws InvalidArgument when rows differ in number, n <= D_z + 1, on NaN
/// or infinity, and when an option is out of range.
BOCHNER_EXPORT ConditionalIndependence conditional_independence_test(
    MatrixView<const double> x, MatrixView<const double> y, MatrixView<const double> z,
    const ConditionalIndependenceOptions& options = {}, const Execution& execution = {});
inline ConditionalIndependence conditional_independence_test(
    MatrixView<const float> x, MatrixView<const float> y, MatrixView<const float> z,
    const ConditionalIndependenceOptions& options = {}, const Execution& execution = {}) {
  return conditional_independence_test(in_double(x).view(), in_double(y).view(),
                                       in_double(z).view(), options, execution);
}

}  // namespace bochner
