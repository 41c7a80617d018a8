// SPDX-License-Identifier: Apache-2.0
//
// How often intervals and label sets of nominal 90 % hold what they were made to hold, over random
// splits; kernel and ridge are searched for on the rows of each fit.
#include "bench/regression/problem.hpp"
#include "bench/support/report.hpp"
#include "core/numbers.hpp"
#include "random/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace bochner;

namespace {

constexpr double kLevel = 0.9;
constexpr double kHeldOut = 0.2;  ///< of the units
/// Every k-th row of those that are held out is looked at, this many or up to twice as many.
constexpr Index kTested = 5000;
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
  std::vector<Index> tested;  ///< of the rows of the test
  std::vector<Index> unit;    ///< of `tested`
};

/// A fifth of the units, drawn at random, is held out.
Split split_of(const Data& data, std::uint64_t seed) {
  const Index units = 1 + *std::max_element(data.unit.begin(), data.unit.end());
  const auto order = random_permutation(Stream({seed}, Purpose::permutation), units);
  const auto out = static_cast<Index>(kHeldOut * static_cast<double>(units));
  const auto is_test = [&](Index i) {
    return order[static_cast<std::size_t>(data.unit[static_cast<std::size_t>(i)])] < out;
  };
  Split split{bench::split(data.table, is_test), {}, {}, {}};
  const Index step = std::max<Index>(1, split.rows.test.x.rows() / kTested);
  Index row = 0;
  for (Index i = 0; i < data.table.rows(); ++i) {
    const Index unit = data.unit[static_cast<std::size_t>(i)];
    if (!is_test(i)) {
      split.groups.push_back(unit);
    } else if (row++ % step == 0) {
      split.tested.push_back(row - 1);
      split.unit.push_back(unit);
    }
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

Matrix<float> tested_rows(const Split& split) {
  const Matrix<float>& all = split.rows.test.x;
  Matrix<float> x(std::ssize(split.tested), all.cols());
  for (Index i = 0; i < x.rows(); ++i) {
    std::copy_n(all.row(split.tested[static_cast<std::size_t>(i)]), x.cols(), x.row(i));
  }
  return x;
}

double tested_target(const Split& split, Index i) {
  return static_cast<double>(split.rows.test.y(split.tested[static_cast<std::size_t>(i)], 0));
}

/// The mean over units of the mean over their rows: a row of a new unit is what is promised.
Outcome mean_over_units(const Split& split, const std::vector<Outcome>& rows) {
  std::map<Index, std::vector<Outcome>> by_unit;
  for (std::size_t i = 0; i < rows.size(); ++i) by_unit[split.unit[i]].push_back(rows[i]);
  Outcome mean;
  for (const auto& [unit, own] : by_unit) {
    const auto share = static_cast<double>(by_unit.size() * own.size());
    for (const Outcome& row : own) {
      mean.coverage += row.coverage / share;
      mean.size += row.size / share;
    }
  }
  return mean;
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
  const Matrix<float> x = tested_rows(split);
  Matrix<double> lower(x.rows(), 1), upper(x.rows(), 1);
  made.predict(x.view(), kLevel, lower.view(), upper.view());
  const double spread = deviation(split.rows.train.y);
  std::vector<Outcome> rows_held;
  for (Index i = 0; i < x.rows(); ++i) {
    const double y = tested_target(split, i);
    rows_held.push_back(
        {lower(i, 0) <= y && y <= upper(i, 0) ? 1.0 : 0.0, (upper(i, 0) - lower(i, 0)) / spread});
  }
  return mean_over_units(split, rows_held);
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
  std::vector<Outcome> rows_held;
  const Matrix<float> x = tested_rows(split);
  for (const std::vector<Index>& set : sets.predict(x.view(), kLevel)) {
    const auto own = static_cast<Index>(tested_target(split, std::ssize(rows_held)));
    const bool held = std::find(set.begin(), set.end(), own) != set.end();
    rows_held.push_back({held ? 1.0 : 0.0, static_cast<double>(set.size())});
  }
  return mean_over_units(split, rows_held);
}

/// Prints a bar, and adds a line to `table`.
void measure(bench::Report& report, std::vector<std::string>& table, const std::string& name,
             const std::string& what, const std::function<Outcome(std::uint64_t)>& once) {
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
  table.push_back("| " + name + " | " + what + " | " + std::to_string(splits) + " | " +
                  significant(mean, 3) + " | " + significant(std::sqrt(square), 2) + " | " +
                  significant(size, 3) + " |");
}

}  // namespace

int main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const std::string folder = report.arguments().at(0);
  const std::string concrete = std::string(BOCHNER_DATA_DIR) + "/concrete.csv";
  std::vector<std::string> table = {
      "| data | intervals of level 0.9 | splits | coverage | its deviation between splits | mean "
      "width / deviation of the target, or classes per set |",
      "|---|---|---|---|---|---|"};
  {
    const Data data = rows_of("concrete", concrete, 9);
    measure(report, table, "concrete_jackknife", "jackknife+",
            [&](std::uint64_t seed) { return intervals(data, Way::jackknife, seed); });
    measure(report, table, "concrete", "CV+, 10 folds",
            [&](std::uint64_t seed) { return intervals(data, Way::folds, seed); });
  }
  {
    const Data data = groups_of("concrete recipes", concrete, 9, 7);
    measure(report, table, "concrete_recipes", "CV+, 10 folds of whole recipes",
            [&](std::uint64_t seed) { return intervals(data, Way::folds, seed); });
  }
  {
    const Data data = rows_of("diamonds", folder + "/diamonds.csv", 10);
    measure(report, table, "diamonds", "CV+, 10 folds",
            [&](std::uint64_t seed) { return intervals(data, Way::folds, seed); });
  }
  {
    const Data data = groups_of("colorado", folder + "/colorado.csv", 7, 3);
    measure(report, table, "colorado", "CV+, 10 folds of whole stations",
            [&](std::uint64_t seed) { return intervals(data, Way::folds, seed); });
  }
  {
    const Data data = rows_of("satellite", folder + "/satellite.csv", 37);
    measure(report, table, "satellite", "label sets, CV+, 10 folds, least squares",
            [&](std::uint64_t seed) { return label_sets(data, seed); });
  }
  for (const std::string& line : table) report.note("%s", line.c_str());
  return 0;
}
