// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <numeric>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("leverage scores are those of the dual system and sum to the degrees of freedom",
          "[regression]") {
  const auto problem = smooth_problem<double>(400, 3, 1, 82);
  const FeatureMap<double> map(regression_spec(3, 60));
  NormalEquations<double> equations(map);
  equations.add(problem.rows());
  const Matrix<double> features = features_of(map, problem.x);
  const Eigen::MatrixXd phi = Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(
      features.data(), features.rows(), features.cols());
  for (const double ridge : {1e-6, 1e-3, 1e-1}) {
    for (const Intercept with : {Intercept::fitted, Intercept::none}) {
      const auto scores = ridge_leverage(equations, ridge, with);
      const auto path = ridge_path(equations, std::array{ridge}, with);
      const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
      const double intercept = with == Intercept::fitted ? 1.0 : 0.0;
      CHECK(std::abs(sum + intercept - path.degrees_of_freedom[0]) < 1e-8);
    }
    const auto scores = ridge_leverage(equations, ridge, Intercept::none);
    const Eigen::LLT<Eigen::MatrixXd> dual(phi * phi.transpose() +
                                           400.0 * ridge * Eigen::MatrixXd::Identity(400, 400));
    for (Index j = 0; j < map.num_features(); ++j) {
      const double expected = phi.col(j).dot(dual.solve(phi.col(j)));
      CHECK(std::abs(scores[static_cast<std::size_t>(j)] - expected) < 1e-8);
    }
  }
  CHECK_THROWS_WITH(ridge_leverage(equations, -1.0), Contains("ridge is -1"));
}
