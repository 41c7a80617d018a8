// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

using namespace bochner;
using Catch::Matchers::Contains;

TEST_CASE("least squares on class targets classifies", "[regression]") {
  // Three rings; a fourth class of one row, far out.
  const Stream stream(Seed{41}, Purpose::study);
  Matrix<double> x(601, 2);
  std::vector<Index> labels;
  for (Index i = 0; i < 600; ++i) {
    const auto at = static_cast<std::uint64_t>(2 * i);
    const double angle = 6.283185307179586 * stream.uniform(at);
    const double radius = 1.0 + static_cast<double>(i % 3) + 0.1 * stream.normal(at + 5000);
    x(i, 0) = radius * std::cos(angle);
    x(i, 1) = radius * std::sin(angle);
    labels.push_back(i % 3);
  }
  x(600, 0) = 9.0;
  labels.push_back(3);
  const Matrix<double> targets = class_targets<double>(labels, 4);
  CHECK(targets(4, 1) == 1.0);
  CHECK(targets(4, 2) == -1.0);
  NormalEquations<double> equations(FeatureMap<double>(regression_spec(2, 100, 0.8)),
                                    {.num_targets = 4, .target_offset = {}});
  equations.add({x.view(), targets.view(), {}});
  const RidgeRegression<double> model(equations, {.ridge = 1e-4});
  Matrix<double> out(601, 4);
  model.predict(x.view(), out.view());
  const auto predicted = largest_output<double>(out.view());
  Index wrong = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) wrong += predicted[i] == labels[i] ? 0 : 1;
  CHECK(wrong <= 6);
  CHECK(predicted[600] == 3);
}

TEST_CASE("labels that are no classes are refused", "[regression]") {
  CHECK_THROWS_WITH(class_targets<float>(std::vector<Index>{0, 1, 2}, 2),
                    Contains("row 2 is 2, expected one of 2"));
  CHECK_THROWS_WITH(class_targets<float>(std::vector<Index>{0, -1}, 2), Contains("row 1 is -1"));
  CHECK_THROWS_WITH(class_targets<float>(std::vector<Index>{1, 1}, 2), Contains("one class only"));
  CHECK_THROWS_WITH(class_targets<float>(std::vector<Index>{}, 2), Contains("no class"));
  CHECK_THROWS_WITH(largest_output<double>(Matrix<double>(3, 0).view()),
                    Contains("columns of outputs is 0, expected at least 1"));
}
