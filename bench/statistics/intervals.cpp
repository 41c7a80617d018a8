// SPDX-License-Identifier: Apache-2.0
//
// How often intervals and label sets of nominal 90 % hold what they were made to hold, over random
// splits; kernel and ridge are searched for on the rows of each fit.
#include "bench/regression/problem.hpp"
#include "bench/support/report.hpp"
#include "random/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace bochner;

namespace {

constexpr double kLevel = 0.9;
/// Of the units, and at most so many rows of them.
constexpr double kHeldOut = 0.2;
constexpr Index kMostTested = 5000;
constexpr Index kFeatures = 512;

/// Rows and which of them belong together.
struct Data {
  std::string name;
  Matrix<float> table;  ///< the last column is the target
  std::vector<Index> unit;
};

Data rows_of(const std::string& name, const std::string& path, Index cols) {
  Data data{name, testing::read_columns(path, cols), {}};
  for (Index i = 0; i < data.table.rows(); ++i) data.unit.push_back(i);
  return data;
}

Data groups_of(const std::string& name, const std::string& path, Index cols, Index key) {
  Data data = rows_of(name, path, cols);
  const MatrixView<const float> all = std::as_const(data.table).view();
  data.unit = group_labels<float>(all.middle_cols(0, key));
  return data;
}

struct Split {
  bench::Split rows;
  std::vector<Index> groups;  ///< of the rows of the fit
};

/// A fifth of the units, drawn at random, is held out.
Split split_of(const Data& data, std::uint64_t seed) {
  const Index units = 1 + *std::max_element(data.unit.begin(), data.unit.end());
  const auto order = random_permutation(Stream({seed}, Purpose::permutation), units);
  const auto out = static_cast<Index>(kHeldOut * static_cast<double>(units));
  const auto is_test = [&](Index i) {
    return order[static_cast<std::size_t>(data.unit[static_cast<std::size_t>(i)])] < out;
  };
  Split split{bench::split(data.table, is_test), {}};
  for (Index i = 0; i < data.table.rows(); ++i) {
    if (!is_test(i)) split.groups.push_back(data.unit[static_cast<std::size_t>(i)]);
  }
  return split;
}

bool is_grouped(const Data& data) {
  return *std::max_element(data.unit.begin(), data.unit.end()) + 1 < data.table.rows();
}

SearchResult search(const Data& data, const Split& split, std::uint64_t seed, Loss loss,
                    const TrainingRows<float>& rows) {
  SearchOptions options;
  options.loss = loss;
  options.search_rows = 2000;
  options.search_features = 128;
  options.final_rows = 5000;
  options.max_candidates = 25;
  options.seed = {seed};
  if (is_grouped(data)) options.groups = split.groups;
  return search_hyperparameters(bench::paired_spec(data.table.cols() - 1, kFeatures, seed), rows,
                                options);
}

Folds folds_of(const Data& data, const Split& split, std::uint64_t seed) {
  constexpr Index kFolds = 10;
  return is_grouped(data) ? group_folds(split.groups, kFolds, {seed})
                          : row_folds(split.rows.train.x.rows(), kFolds, {seed});
}

/// What one split says.
struct Outcome {
  double coverage = 0.0;
  double size = 0.0;  ///< mean width over the target's deviation, or classes per set
};

MatrixView<const float> tested(const Split& split) {
  const MatrixView<const float> x = split.rows.test.x.view();
  return x.middle_rows(0, std::min(x.rows, kMostTested));
}

double deviation(const Matrix<float>& y) {
  double sum = 0.0, square = 0.0;
  for (Index i = 0; i < y.rows(); ++i) sum += static_cast<double>(y(i, 0));
  const double mean = sum / static_cast<double>(y.rows());
  for (Index i = 0; i < y.rows(); ++i) square += std::pow(static_cast<double>(y(i, 0)) - mean, 2);
  return std::sqrt(square / static_cast<double>(y.rows()));
}

enum class Way { jackknife, folds };

Outcome intervals(const Data& data, Way way, std::uint64_t seed) {
  const Split split = split_of(data, seed);
  const TrainingRows<float> rows = split.rows.train.rows();
  const SearchResult found = search(data, split, seed, Loss::squared, rows);
  const FeatureMap<float> map(found.spec);
  const RidgeOptions options{.ridge = found.ridge};
  const PredictionIntervals<float> made =
      way == Way::jackknife
          ? PredictionIntervals<float>(map, rows, options)
          : PredictionIntervals<float>(map, rows, folds_of(data, split, seed), options);
  const MatrixView<const float> x = tested(split);
  Matrix<double> lower(x.rows, 1), upper(x.rows, 1);
  made.predict(x, kLevel, lower.view(), upper.view());
  Outcome out;
  const double spread = deviation(split.rows.train.y) * static_cast<double>(x.rows);
  for (Index i = 0; i < x.rows; ++i) {
    const auto y = static_cast<double>(split.rows.test.y(i, 0));
    out.coverage += (lower(i, 0) <= y && y <= upper(i, 0)) / static_cast<double>(x.rows);
    out.size += (upper(i, 0) - lower(i, 0)) / spread;
  }
  return out;
}

Outcome label_sets(const Data& data, std::uint64_t seed) {
  const Split split = split_of(data, seed);
  const auto labels_of = [](const bench::Part& part) {
    std::vector<Index> labels;
    for (Index i = 0; i < part.y.rows(); ++i) labels.push_back(static_cast<Index>(part.y(i, 0)));
    return labels;
  };
  const std::vector<Index> labels = labels_of(split.rows.train);
  const Index classes = 1 + *std::max_element(labels.begin(), labels.end());
  const Matrix<float> targets = class_targets<float>(labels, classes);
  const MatrixView<const float> train = split.rows.train.x.view();
  const SearchResult found =
      search(data, split, seed, Loss::misclassification, {train, targets.view()});
  const LabelSets<float> sets(FeatureMap<float>(found.spec), {train, labels}, classes,
                              folds_of(data, split, seed), RidgeOptions{.ridge = found.ridge});
  const MatrixView<const float> x = tested(split);
  const std::vector<Index> truth = labels_of(split.rows.test);
  Outcome out;
  const auto members = sets.predict(x, kLevel);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::vector<Index>& set = members[i];
    const auto count = static_cast<double>(members.size());
    out.coverage += (std::find(set.begin(), set.end(), truth[i]) != set.end()) / count;
    out.size += static_cast<double>(set.size()) / count;
  }
  return out;
}

void measure(bench::Report& report, const std::string& name, const std::string& what,
             const std::function<Outcome(std::uint64_t)>& once) {
  const int splits = report.choose(50, 5);
  std::vector<double> coverage;
  double size = 0.0;
  for (int s = 0; s < splits; ++s) {
    const Outcome outcome = once(static_cast<std::uint64_t>(s) + 1);
    coverage.push_back(outcome.coverage);
    size += outcome.size / splits;
  }
  double mean = 0.0, square = 0.0;
  for (const double c : coverage) mean += c / splits;
  for (const double c : coverage) square += (c - mean) * (c - mean) / (splits - 1);
  report.line(name + "_coverage", mean, bench::between(0.88, 0.93));
  report.note("| %s | %s | %d | %.4f | %.4f | %.2f |", name.c_str(), what.c_str(), splits, mean,
              std::sqrt(square), size);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const std::string folder = report.arguments().at(0);
  const std::string concrete = std::string(BOCHNER_DATA_DIR) + "/concrete.csv";
  report.note(
      "| data | intervals of level 0.9 | splits | coverage | its deviation between splits | "
      "mean width / deviation of the target, or classes per set |");
  report.note("|---|---|---|---|---|---|");
  {
    const Data data = rows_of("concrete", concrete, 9);
    measure(report, "concrete_jackknife", "jackknife+",
            [&](std::uint64_t seed) { return intervals(data, Way::jackknife, seed); });
    measure(report, "concrete", "CV+, 10 folds",
            [&](std::uint64_t seed) { return intervals(data, Way::folds, seed); });
  }
  {
    const Data data = groups_of("concrete recipes", concrete, 9, 7);
    measure(report, "concrete_recipes", "CV+, 10 folds of whole recipes",
            [&](std::uint64_t seed) { return intervals(data, Way::folds, seed); });
  }
  {
    const Data data = rows_of("diamonds", folder + "/diamonds.csv", 10);
    measure(report, "diamonds", "CV+, 10 folds",
            [&](std::uint64_t seed) { return intervals(data, Way::folds, seed); });
  }
  {
    const Data data = groups_of("colorado", folder + "/colorado.csv", 7, 3);
    measure(report, "colorado", "CV+, 10 folds of whole stations",
            [&](std::uint64_t seed) { return intervals(data, Way::folds, seed); });
  }
  {
    const Data data = rows_of("satellite", folder + "/satellite.csv", 37);
    measure(report, "satellite", "label sets, CV+, 10 folds, least squares",
            [&](std::uint64_t seed) { return label_sets(data, seed); });
  }
  return 0;
}
