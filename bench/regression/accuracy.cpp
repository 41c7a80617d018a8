// SPDX-License-Identifier: Apache-2.0
//
// Errors on held-out rows, everything chosen by the search on the others.
#include "bench/regression/problem.hpp"
#include "bench/regression/sklearn.hpp"
#include "bench/support/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace bochner;

namespace {

double rmse(const RidgeRegression<float>& model, const bench::Part& test, const auto& counts) {
  Matrix<float> out(test.x.rows(), 1);
  model.predict(test.x.view(), out.view());
  double sum = 0.0;
  double rows = 0.0;
  for (Index i = 0; i < test.x.rows(); ++i) {
    if (!counts(i)) continue;
    const double error = static_cast<double>(out(i, 0) - test.y(i, 0));
    sum += error * error;
    rows += 1.0;
  }
  return std::sqrt(sum / rows);
}

RidgeRegression<float> fitted(const SearchResult& found, const TrainingRows<float>& rows) {
  FitOptions options;
  options.model.ridge = found.ridge;
  return fit_ridge(FeatureMap<float>(found.spec), rows, options).model;
}

void diamonds(bench::Report& report, const std::string& folder) {
  double mean = 0.0;
  const Index folds = report.choose(5, 1);
  for (Index first = 0; first < folds; ++first) {
    const bench::Split data = bench::diamonds(folder, first);
    const auto found = search_hyperparameters(bench::paired_spec(9, 2048, 1), data.train.rows());
    const auto model = fitted(found, data.train.rows());
    const double error = rmse(model, data.test, [](Index) { return true; });
    mean += error / static_cast<double>(folds);
    if (first != 0) continue;
    const Matrix<float>& x = data.test.x;
    const double usual = rmse(model, data.test, [&](Index i) {
      return x(i, 6) > 0.0f && x(i, 7) > 0.0f && x(i, 8) > 0.0f && x(i, 7) <= 15.0f &&
             x(i, 8) <= 15.0f;
    });
    report.note("diamonds: %s, ridge %g", to_text(found.spec.kernel).c_str(), found.ridge);
    report.note("diamonds: RMSE without the outliers %.4f", usual);
    report.line("diamonds_rmse", error, bench::at_most(0.104));
  }
  report.note("diamonds: mean RMSE over %d of the five folds %.4f", static_cast<int>(folds), mean);
}

void letter(bench::Report& report, const std::string& folder) {
  const bench::Split data = bench::letter(folder);
  const auto labels = [](const bench::Part& part) {
    std::vector<Index> result;
    for (Index i = 0; i < part.y.rows(); ++i) result.push_back(static_cast<Index>(part.y(i, 0)));
    return result;
  };
  const Matrix<float> targets = class_targets<float>(labels(data.train), 26);
  const std::vector<Index> truth = labels(data.test);
  const TrainingRows<float> rows{data.train.x.view(), targets.view(), {}};
  std::vector<double> errors;
  for (std::uint64_t seed = 1; seed <= report.choose(5u, 1u); ++seed) {
    SearchOptions options;
    options.loss = Loss::misclassification;
    options.lengthscales = LengthscaleSearch::common;
    const auto found = search_hyperparameters(bench::paired_spec(16, 4096, seed), rows, options);
    Matrix<float> out(data.test.x.rows(), 26);
    fitted(found, rows).predict(data.test.x.view(), out.view());
    const auto predicted = largest_output<float>(out.view());
    double wrong = 0.0;
    for (std::size_t i = 0; i < truth.size(); ++i) wrong += predicted[i] == truth[i] ? 0.0 : 1.0;
    errors.push_back(100.0 * wrong / static_cast<double>(truth.size()));
  }
  std::sort(errors.begin(), errors.end());
  report.line("letter_error", errors[errors.size() / 2], bench::at_most(3.3),
              "per cent, median of " + std::to_string(errors.size()));
}

void colorado(bench::Report& report, const std::string& folder) {
  const bench::Split data = bench::colorado(folder);
  SearchOptions options;
  options.groups = group_labels<float>(data.train.x.view().middle_cols(0, 3));
  const Index features = report.choose(4096, 2048);
  const auto found =
      search_hyperparameters(bench::paired_spec(6, features, 1), data.train.rows(), options);
  const double error =
      rmse(fitted(found, data.train.rows()), data.test, [](Index) { return true; });
  const std::string remark = "D " + std::to_string(features);
  report.note("colorado: %s, ridge %g", to_text(found.spec.kernel).c_str(), found.ridge);
  report.line("colorado_station", error, bench::at_most(2.46), remark);
  if (const auto peer = bench::sklearn_best(folder, features)) {
    report.note(
        "colorado: scikit-learn RMSE %.4f at gamma %g, alpha %g, the best on these stations",
        peer->error, peer->gamma, peer->alpha);
    report.line("colorado_vs_sklearn", error / peer->error, bench::at_most(1.0), remark);
  } else {
    report.note("colorado_vs_sklearn: scikit-learn is not installed");
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  if (report.arguments().empty()) {
    std::fprintf(stderr, "usage: bench_regression_accuracy FOLDER [PART...] [--quick]\n");
    return 2;
  }
  const std::string folder = report.arguments().front();
  const auto wanted = [&](const char* part) {
    const auto& arguments = report.arguments();
    return arguments.size() == 1 ||
           std::find(arguments.begin() + 1, arguments.end(), part) != arguments.end();
  };
  if (wanted("diamonds")) diamonds(report, folder);
  if (wanted("letter")) letter(report, folder);
  if (wanted("colorado")) colorado(report, folder);
}
