// SPDX-License-Identifier: Apache-2.0
#include "unit/regression/problems.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <limits>
#include <string>
#include <vector>

/// \file
/// The same mistakes at every door of the regression client: refused by each, in the same words.

using namespace bochner;
using Catch::Matchers::Contains;

namespace {

constexpr Index kRows = 60;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Arguments {
  Problem<double> problem = smooth_problem<double>(kRows, 2, 1, 5);
  std::vector<Index> labels;
  Folds folds = row_folds(kRows, 3, {1});
  std::vector<double> ridges = {1e-3};

  Arguments() {
    for (Index i = 0; i < kRows; ++i) labels.push_back(i % 2);
  }
};

struct Mistake {
  const char* words;
  std::function<void(Arguments&)> make;
};

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "nothing was refused";
}

void cross_validate_both(const Mistake& mistake) {
  Arguments a;
  mistake.make(a);
  const FeatureMap<double> map(regression_spec(2, 8));
  CHECK_THAT(refusal([&] { cross_validate(map, a.problem.rows(), a.ridges, a.folds); }),
             Contains(mistake.words));
  CHECK_THAT(refusal([&] {
               cross_validate_logistic<double>(
                   map, {a.problem.x.view(), a.labels, a.problem.weights}, 2, a.ridges, a.folds);
             }),
             Contains(mistake.words));
}

}  // namespace

TEST_CASE("both cross-validations refuse the same mistakes", "[regression][bad]") {
  const Mistake mistakes[] = {
      {"leave their range at row 7", [](Arguments& a) { a.folds.unit[7] = kRows; }},
      {"leave their range at row 7", [](Arguments& a) { a.folds.unit[7] = -1; }},
      {"leave their range at row 7", [](Arguments& a) { a.folds.fold[7] = 3; }},
      {"leave their range at row 7", [](Arguments& a) { a.folds.fold[7] = -1; }},
      {"folds.unit has 0 entries, expected 60", [](Arguments& a) { a.folds.unit.clear(); }},
      {"folds.fold has 59 entries, expected 60", [](Arguments& a) { a.folds.fold.pop_back(); }},
      {"folds.count is 1, expected at least 2", [](Arguments& a) { a.folds.count = 1; }},
      {"folds.num_units is 1, expected 2 to 60", [](Arguments& a) { a.folds.num_units = 1; }},
      {"folds.num_units is 1000000000000, expected 2 to 60",
       [](Arguments& a) { a.folds.num_units = 1000000000000; }},
      {"divide unit 4",
       [](Arguments& a) {
         a.folds.unit[9] = 4;
         a.folds.fold[9] = (a.folds.fold[4] + 1) % 3;
       }},
      {"weights has 3 entries",
       [](Arguments& a) {
         a.problem.weights = {1, 1, 1};
       }},
      {"weights: row 2 is -1",
       [](Arguments& a) {
         a.problem.weights.assign(kRows, 1.0);
         a.problem.weights[2] = -1.0;
       }},
      {"weights: row 2 is 1e+200",
       [](Arguments& a) {
         a.problem.weights.assign(kRows, 1.0);
         a.problem.weights[2] = 1e200;
       }},
      {"x: row 4, column 1 is inf", [](Arguments& a) { a.problem.x(4, 1) = kInfinity; }},
      {"there are no ridges", [](Arguments& a) { a.ridges.clear(); }},
      {"ridge is -1", [](Arguments& a) { a.ridges = {-1.0}; }},
      {"ridge is 1e+200", [](Arguments& a) { a.ridges = {1e200}; }},
  };
  for (const Mistake& mistake : mistakes) {
    INFO(mistake.words);
    cross_validate_both(mistake);
  }
}

TEST_CASE("logistic cross-validation refuses labels and folds by name", "[regression][bad]") {
  const FeatureMap<double> map(regression_spec(2, 8));
  const auto with = [&](const std::function<void(Arguments&)>& make) {
    Arguments a;
    make(a);
    return refusal([&] {
      cross_validate_logistic<double>(map, {a.problem.x.view(), a.labels, {}}, 2, a.ridges,
                                      a.folds);
    });
  };
  CHECK_THAT(with([](Arguments& a) { a.labels[3] = 2; }), Contains("labels: row 3 is 2"));
  CHECK_THAT(with([](Arguments& a) { a.labels.pop_back(); }), Contains("labels has 59 entries"));
  CHECK_THAT(with([](Arguments& a) { a.labels.assign(kRows, 1); }),
             Contains("fewer than two classes"));
  CHECK_THAT(with([](Arguments& a) {
               for (std::size_t i = 0; i < a.labels.size(); ++i) {
                 a.labels[i] = a.folds.fold[i] == 1 ? 1 : 0;
               }
             }),
             Contains("the rows outside fold 1 hold fewer than two classes"));
}

TEST_CASE("folds of too few groups say how many there are", "[regression][bad]") {
  const std::vector<Index> groups = {1, 1, 2, 2, 3, 3};
  CHECK_THAT(refusal([&] { group_folds(groups, 5, {1}); }),
             Contains("group_folds: count is 5, expected from 2 to the 3 groups there are"));
  CHECK_THAT(refusal([] { row_folds(1, 2, {1}); }),
             Contains("number of rows is 1, expected at least 2"));
}

TEST_CASE("a search refuses options that it would ignore, before any fit", "[regression][bad]") {
  const Problem<double> problem = smooth_problem<double>(kRows, 2, 1, 5);
  int candidates = 0;
  const auto with = [&](const std::function<void(SearchOptions&)>& make, Index rows = kRows) {
    SearchOptions options;
    options.on_candidate = [&](const SearchCandidate&) { ++candidates; };
    make(options);
    return refusal([&] {
      search_hyperparameters(regression_spec(2, 8), problem.rows().middle_rows(0, rows), options);
    });
  };
  for (const Criterion criterion :
       {Criterion::leave_one_out, Criterion::generalised_cross_validation, Criterion::evidence}) {
    CHECK_THAT(with([&](SearchOptions& options) {
                 options.criterion = criterion;
                 options.groups.assign(kRows, 1);
               }),
               Contains("groups are given, and the criterion holds out no groups"));
  }
  CHECK_THAT(with([](SearchOptions& options) {
               options.kernels = {GaussianKernel{}, RationalQuadraticKernel{-1.0, Isotropic{}}};
             }),
             Contains("rational-quadratic"));
  CHECK_THAT(with([](SearchOptions&) {}, 5),
             Contains("x has 5 rows, expected at least 10, two for each of the num_folds = 5"));
  CHECK(candidates == 0);
  CHECK_THAT(with([](SearchOptions& options) { options.criterion = Criterion::leave_one_out; }, 6),
             Contains("nothing was refused"));
}

TEST_CASE("leverage and logistic regression refuse the ridges that the ridge regression does",
          "[regression][bad]") {
  const Problem<double> problem = smooth_problem<double>(20, 2, 1, 5);
  const FeatureMap<double> map(regression_spec(2, 64));
  NormalEquations<double> equations(map);
  equations.add(problem.rows());
  std::vector<Index> labels;
  for (Index i = 0; i < 20; ++i) labels.push_back(i % 2);
  CHECK_THAT(refusal([&] { RidgeRegression<double>(equations, {.ridge = 1e-17}); }),
             Contains("RidgeRegression: the system is singular at ridge 1e-17"));
  CHECK_THAT(refusal([&] { ridge_leverage(equations, 1e-17); }),
             Contains("ridge_leverage: the system is singular at ridge 1e-17"));
  CHECK_THAT(refusal([&] {
               LogisticRegression<double>(map, {problem.x.view(), labels, {}}, 2, {.ridge = 1e-18});
             }),
             Contains("LogisticRegression: the system is singular"));
  // And a path of ridges goes on to those that will do.
  const auto path =
      cross_validate_logistic<double>(map, {problem.x.view(), labels, {}}, 2,
                                      std::vector<double>{1e-18, 1e-2}, row_folds(20, 4, {1}));
  CHECK(path.log_loss[0] == kInfinity);
  CHECK(path.log_loss[1] < 10.0);
  CHECK(path.best() == 1);
}

TEST_CASE("numbers that say nothing are refused where they come in", "[regression][bad]") {
  Matrix<double> outputs(2, 2);
  outputs(1, 0) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(refusal([&] { largest_output<double>(outputs.view()); }),
             Contains("largest_output: outputs: row 1, column 0 is nan"));
  outputs(1, 0) = -kInfinity;
  CHECK(largest_output<double>(outputs.view()) == std::vector<Index>{0, 1});
  const FeatureMap<double> map(regression_spec(2, 8));
  CHECK_THAT(
      refusal([&] { RidgeRegression<double>(map, {}, Matrix<double>(16, 1), {0.0}, {-1.0}); }),
      Contains("noise_variances: target 0 is -1, expected at least 0"));
  CHECK_THAT(refusal([] { logarithmic_ridges(1e-300, 1e300, 3); }),
             Contains("from a positive number to a larger one whose ratio is finite"));
}
