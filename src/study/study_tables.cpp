// SPDX-License-Identifier: Apache-2.0
#include "study/study_tables.hpp"

#include "bochner/estimator/plan.hpp"
#include "core/numbers.hpp"
#include "study/matrix_study.hpp"
#include "study/pair_study.hpp"
#include "study/pairs.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace bochner::study {
namespace {

constexpr int kDigits = 3;
constexpr double kMeasurable = 1.0;  ///< |x + y|^2 up to which measured variances can be trusted

struct TableMap {
  const char* name;
  Projection projection;
  FeatureFunction features;
};

const std::array<TableMap, 9>& exponential_maps() {
  static const std::array<TableMap, 9> maps = {{
      {"positive iid", IidProjection{}, PositiveFeatures{}},
      {"oprf iid", IidProjection{}, OprfFeatures{}},
      {"positive orthogonal", OrthogonalProjection{}, PositiveFeatures{}},
      {"hyperbolic orthogonal", OrthogonalProjection{}, HyperbolicFeatures{}},
      {"oprf orthogonal", OrthogonalProjection{}, OprfFeatures{}},
      {"hyperbolic-oprf orthogonal", OrthogonalProjection{}, HyperbolicOprfFeatures{}},
      {"positive simplex", SimplexProjection{}, PositiveFeatures{}},
      {"oprf simplex", SimplexProjection{}, OprfFeatures{}},
      {"hyperbolic-oprf simplex", SimplexProjection{}, HyperbolicOprfFeatures{}},
  }};
  return maps;
}

FeatureMapSpec spec_of(Index dim, const Projection& projection, const FeatureFunction& features) {
  return {.input_dim = dim,
          .num_frequencies = 1,
          .kernel = SoftmaxKernel{1.0},
          .projection = projection,
          .features = features,
          .seed = {},
          .transform = {}};
}

/// The rows of one dimension: a study each, whose cells with F columns are the table's.
void add_rows(Index dim, Index replicates, Seed seed, const Execution& execution, Watcher* watcher,
              StudyTable& table) {
  constexpr std::array kSquares = {0.25, 1.0, 2.0, 4.0, 8.0};
  constexpr std::array<std::pair<const char*, double>, 3> kAngles = {
      {{"pi/4", 0.25}, {"pi/2", 0.5}, {"3pi/4", 0.75}}};
  const Index columns = 2 * dim;
  const Matrix<double> plane = study_plane(dim);
  for (const double square : kSquares) {
    StudyPlan plan;
    plan.frequencies = {dim, columns};
    plan.seed = seed;
    plan.replicates = square <= kMeasurable ? replicates : 0;
    plan.pairs.push_back(pair_at(plane, std::sqrt(square) / 2.0, 0.0, "equal"));
    for (const TableMap& map : exponential_maps()) {
      plan.maps.push_back(
          {map.name, spec_of(dim, map.projection, fitted(map.features, square, dim)), {0}});
    }
    // |x + y|^2 = 2 norm^2 (1 + cos(angle))
    StudyMap trigonometric{"trigonometric orthogonal",
                           spec_of(dim, OrthogonalProjection{}, TrigonometricFeatures{}),
                           {}};
    for (const auto& [name, halves] : kAngles) {
      const double angle = halves * std::numbers::pi;
      trigonometric.pairs.push_back(plan.pairs.size());
      plan.pairs.push_back(
          pair_at(plane, std::sqrt(square / (2.0 + 2.0 * std::cos(angle))), angle, name));
    }
    plan.maps.push_back(std::move(trigonometric));
    Study study(std::move(plan));
    Progress progress(watcher, {"variance", study.work()});
    while (!study.finished()) {
      const double before = study.work_done();
      study.advance(execution);
      progress.advance(study.work_done() - before);
    }
    for (const StudyCell& cell : study.cells()) {
      if (cell.num_features != columns) continue;
      const double unit = static_cast<double>(columns) / (cell.exact * cell.exact);
      const bool measured = square <= kMeasurable && replicates > 0;
      table.cells.push_back({cell.label + (cell.pair == "equal" ? "" : " at " + cell.pair),
                             "d " + std::to_string(dim), "|z|^2 " + shortest(square),
                             unit * cell.predicted_variance,
                             measured ? unit * cell.measured_variance : 0.0,
                             measured ? unit * cell.measured_variance_error : 0.0});
    }
  }
}

/// What two independent maps have with F columns in the mean over x, y ~ N(0, variance I).
struct NormalMeans {
  double trigonometric;
  double positive;
};
NormalMeans means_over_normal_rows(double dim, double variance, double columns) {
  // E exp(p (|x|^2 + |y|^2) + q x.y)
  const auto mean = [&](double p, double q) {
    const double diagonal = 1.0 - 2.0 * variance * p;
    return std::pow(diagonal * diagonal - variance * variance * q * q, -0.5 * dim);
  };
  const double power = mean(0.0, 2.0);
  // F / 2 frequencies of e^{x^2 + y^2} (1 - e^{-|x - y|^2})^2 / 2, F of e^{2 x.y} (e^{|x + y|^2} -
  // 1).
  return {(mean(1.0, 0.0) - 2.0 * power + mean(-1.0, 4.0)) / (power * columns),
          (mean(1.0, 4.0) - power) / (power * columns)};
}

}  // namespace

StudyTable equal_columns(Index replicates, Seed seed, const Execution& execution,
                         Watcher* watcher) {
  StudyTable table{.title =
                       "F Var K / k^2 at F = 2 d columns, softmax kernel, z = x + y; "
                       "trigonometric features at the angles between x and y stated",
                   .remark = {},
                   .cells = {}};
  for (const Index dim : {Index{16}, Index{64}}) {
    add_rows(dim, replicates, seed, execution, watcher, table);
  }
  return table;
}

StudyTable attention_matrix(Index replicates, Seed seed, const Execution& execution,
                            Watcher* watcher) {
  constexpr Index kRows = 512;
  constexpr Index kDim = 16;
  constexpr std::array<Index, 3> kColumns = {16, 64, 256};
  // x = q / (2 d^{1/4}), q standard normal: E |x|^2 = sqrt(d) / 4 = 1.
  MatrixStudyPlan plan{.queries = normal_rows(kRows, kDim, 1.0, 1),
                       .keys = normal_rows(kRows, kDim, 1.0, 2),
                       .labels = {},
                       .maps = {},
                       .frequencies = {8, 16, 32, 64, 128, 256},
                       .seed = seed,
                       .redraws = replicates};
  std::vector<TableMap> maps(exponential_maps().begin(), exponential_maps().end());
  maps.insert(maps.begin(),
              {{"trigonometric iid", IidProjection{}, TrigonometricFeatures{}},
               {"trigonometric orthogonal", OrthogonalProjection{}, TrigonometricFeatures{}}});
  const double z2 = error_expected(spec_of(kDim, IidProjection{}, PositiveFeatures{}),
                                   plan.queries.view(), plan.keys.view(), execution)
                        .mean_square_sum;
  for (const TableMap& map : maps) {
    plan.labels.emplace_back(map.name);
    plan.maps.push_back(spec_of(kDim, map.projection, fitted(map.features, z2, kDim)));
  }
  const NormalMeans all = means_over_normal_rows(kDim, 1.0 / kDim, kColumns.front());
  StudyTable table{.title =
                       "E |A^ - A|_F^2 / |A|_F^2, A = exp(x_i.y_j) of 512 x 512 normal rows, "
                       "d = 16, mean |x + y|^2 = 2, parameters from the data",
                   .remark = "in the mean over all normal rows, F = 16: trigonometric iid " +
                             significant(all.trigonometric, kDigits) + ", positive iid " +
                             significant(all.positive, kDigits),
                   .cells = {}};
  const auto cells = study_matrix(plan, execution, watcher);
  for (const Index columns : kColumns) {
    for (const MatrixStudyCell& cell : cells) {
      if (cell.num_features != columns) continue;
      // Squares: d u^2 = 2 u du.
      table.cells.push_back({cell.label, "F = columns of phi", std::to_string(columns),
                             cell.predicted * cell.predicted, cell.measured * cell.measured,
                             2.0 * cell.measured * cell.measured_error});
    }
  }
  return table;
}

}  // namespace bochner::study
