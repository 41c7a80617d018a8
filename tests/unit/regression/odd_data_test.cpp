// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kRows = 90;
constexpr Index kDim = 3;

/// What is done to plain rows, and what becomes of a fit.
struct Odd {
  const char* name;
  void (*change)(Problem<double>&);
  Index frequencies;
  const char* at_zero;     ///< of the message at ridge 0; nothing: it is solved
  const char* above_zero;  ///< of the message at ridge 1e-3; nothing: it is solved
};

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

void fill_weights(Problem<double>& p) { p.weights.assign(kRows, 1.0); }

const std::vector<Odd> kTable = {
    {"plain", [](Problem<double>&) {}, 10, nullptr, nullptr},
    {"NaN in a target", [](Problem<double>& p) { p.targets(7, 0) = kNan; }, 10,
     "targets: row 7, column 0 is nan", "targets: row 7, column 0 is nan"},
    {"an infinite target", [](Problem<double>& p) { p.targets(8, 0) = -kInf; }, 10,
     "targets: row 8, column 0 is -inf", "targets: row 8, column 0 is -inf"},
    {"NaN in an input", [](Problem<double>& p) { p.x(9, 2) = kNan; }, 10,
     "x: row 9, column 2 is nan", "x: row 9, column 2 is nan"},
    {"NaN in a weight", [](Problem<double>& p) { fill_weights(p), p.weights[5] = kNan; }, 10,
     "weights: row 5 is nan", "weights: row 5 is nan"},
    {"a negative weight", [](Problem<double>& p) { fill_weights(p), p.weights[6] = -1.0; }, 10,
     "weights: row 6 is -1", "weights: row 6 is -1"},
    {"no weight at all", [](Problem<double>& p) { p.weights.assign(kRows, 0.0); }, 10,
     "no row of positive weight", "no row of positive weight"},
    {"a constant target",
     [](Problem<double>& p) {
       for (Index i = 0; i < kRows; ++i) p.targets(i, 0) = 4.5;
     },
     10, nullptr, nullptr},
    {"a constant column",
     [](Problem<double>& p) {
       for (Index i = 0; i < kRows; ++i) p.x(i, 1) = 2.0;
     },
     10, nullptr, nullptr},
    {"a duplicate column",
     [](Problem<double>& p) {
       for (Index i = 0; i < kRows; ++i) p.x(i, 1) = p.x(i, 0);
     },
     10, nullptr, nullptr},
    {"all columns constant",
     [](Problem<double>& p) {
       for (Index i = 0; i < kRows; ++i) {
         for (Index k = 0; k < kDim; ++k) p.x(i, k) = 1.0;
       }
     },
     10, "singular at ridge 0", nullptr},
    {"duplicate rows",
     [](Problem<double>& p) {
       for (Index i = 0; i < kRows; ++i) {
         for (Index k = 0; k < kDim; ++k) p.x(i, k) = p.x(i % 5, k);
       }
     },
     10, "singular at ridge 0", nullptr},
    {"more features than rows", [](Problem<double>&) {}, 60, "singular at ridge 0", nullptr},
    {"targets of 1e150",
     [](Problem<double>& p) {
       for (Index i = 0; i < kRows; ++i) p.targets(i, 0) *= 1e150;
     },
     10, nullptr, nullptr},
};

/// The message of a fit, or nothing when it predicts finite numbers.
std::string outcome(const Odd& odd, double ridge, Solver solver) {
  Problem<double> problem = smooth_problem<double>(kRows, kDim, 1, 31);
  const Matrix<double> unseen = problem.x;
  odd.change(problem);
  const FeatureMap<double> map(regression_spec(kDim, odd.frequencies));
  try {
    const auto fitted =
        fit_ridge(map, problem.rows(), {.model = {.ridge = ridge}, .solver = solver});
    Matrix<double> f(kRows, 1);
    fitted.model.predict(unseen.view(), f.view());
    for (Index i = 0; i < kRows; ++i) {
      if (!std::isfinite(f(i, 0))) return "a prediction is not finite";
    }
    return "";
  } catch (const InvalidArgument& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("odd rows are fitted or refused by name, by every solver", "[regression][bad]") {
  for (const Odd& odd : kTable) {
    for (const Solver solver : {Solver::cholesky, Solver::dual, Solver::conjugate_gradients}) {
      INFO(odd.name << ", solver " << static_cast<int>(solver));
      const std::string above = outcome(odd, 1e-3, solver);
      if (odd.above_zero == nullptr) CHECK(above.empty());
      if (odd.above_zero != nullptr) CHECK_THAT(above, Contains(odd.above_zero));
    }
    INFO(odd.name << ", ridge 0");
    const std::string at_zero = outcome(odd, 0.0, Solver::cholesky);
    if (odd.at_zero == nullptr) CHECK(at_zero.empty());
    if (odd.at_zero != nullptr) CHECK_THAT(at_zero, Contains(odd.at_zero));
  }
}

TEST_CASE("a row that alone decides its prediction has no leave-one-out residual", "[regression]") {
  // With as many features as rows and hardly a ridge every leverage is one.
  const Problem<double> problem = smooth_problem<double>(12, kDim, 1, 32);
  NormalEquations<double> equations{FeatureMap<double>(regression_spec(kDim, 4, 0.1))};
  equations.add(problem.rows());
  const RidgeRegression<double> model(equations, {.ridge = 1e-13, .posterior = Posterior::full});
  Matrix<double> residual(12, 1);
  model.leave_one_out(problem.rows(), residual.view());
  for (Index i = 0; i < 12; ++i) CHECK(!std::isnan(residual(i, 0)));
}
