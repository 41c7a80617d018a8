// SPDX-License-Identifier: Apache-2.0
#include "client/regression/held_out_fits.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/feature_blocks.hpp"
#include "client/regression/fold_moments.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/held_out_scores.hpp"
#include "client/regression/output_blocks.hpp"
#include "client/regression/ridge_system.hpp"
#include "client/regression/target_scale.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace bochner::regression {
namespace {

/// Here, where rows still have the caller's numbers.
template <Scalar T>
void refuse_long_rows(const Door& door, const FeatureMap<T>& map, MatrixView<const T> x,
                      const Execution& execution) {
  for_feature_blocks(door, map, x, execution, [](Index, Index, const double*, std::size_t) {});
}

/// Room for that many models, and the rows that have a weight.
template <class Rows>
HeldOutFit begin_fit(const Rows& rows, Index features, Index outputs) {
  HeldOutFit fit;
  for (Index i = 0; i < rows.x.rows; ++i) {
    if (weight_of(rows, i) > 0.0) fit.row.push_back(i);
  }
  fit.outputs = Matrix<double>(static_cast<Index>(fit.row.size()), outputs);
  fit.theta = Matrix<double>(features, 0);
  return fit;
}

void make_room(HeldOutFit& fit, Index models) {
  const Index columns = models * fit.outputs.cols();
  fit.theta = Matrix<double>(fit.theta.rows(), simd::padded<double>(columns));
  fit.intercepts.resize(static_cast<std::size_t>(columns));
}

/// The folds of the rows that have a weight, and their shares.
Folds counted_folds(const Door& door, const Folds& folds, HeldOutFit& fit) {
  Folds kept{.count = folds.count, .fold = {}, .unit = {}, .num_units = folds.num_units};
  for (const Index row : fit.row) {
    kept.fold.push_back(folds.fold[static_cast<std::size_t>(row)]);
    kept.unit.push_back(folds.unit[static_cast<std::size_t>(row)]);
  }
  fit.share = unit_shares(door, kept.unit);
  fit.model = kept.fold;
  return kept;
}

/// What targets are centred by.
template <Scalar T>
std::vector<double> held_out_offset(const Door& door, const TrainingRows<T>& rows,
                                    Intercept intercept) {
  const TargetScale scale = target_scale(door, rows);
  return intercept == Intercept::fitted ? scale.mean : std::vector<double>(scale.mean.size());
}

struct HeldOutSolution {
  Matrix<double> theta;  ///< num_features x t, padded
  std::vector<double> intercepts;
};

/// Leaves the factor in the system.
HeldOutSolution solve_held_out(const Door& door, RidgeSystem& system, double ridge,
                               const std::vector<double>& offset, const Execution& execution) {
  const Index t = system.num_targets();
  factorise_or_refuse(door, system, ridge, execution);
  HeldOutSolution out{system.b, {}};
  solve_factored(system.square(), out.theta.view().middle_cols(0, t), execution);
  out.intercepts = intercepts_of(system, std::as_const(out.theta).view().middle_cols(0, t));
  for (std::size_t c = 0; c < offset.size(); ++c) out.intercepts[c] += offset[c];
  return out;
}

/// The closed form, for a block of rows at a time.
template <Scalar T>
class RowsLeftOut {
 public:
  RowsLeftOut(const Door& door, const RidgeSystem& system, const HeldOutSolution& whole,
              const TrainingRows<T>& rows, HeldOutFit& fit)
      : door_(door),
        system_(system),
        whole_(whole),
        rows_(rows),
        fit_(fit),
        least_left_(least_unexplained(system.square())) {}

  /// `scratch` is num_features x 64.
  void add(Index first, Index count, const double* phi, Matrix<double>& scratch) {
    const Index n = system_.num_features();
    for (Index j = 0; j < n; ++j) {
      for (Index r = 0; r < count; ++r) {
        scratch(j, r) =
            phi[r * feature_stride(n) + j] - system_.mean_features[static_cast<std::size_t>(j)];
      }
    }
    solve_factored(system_.square(), scratch.view().middle_cols(0, count), Execution{1});
    for (Index r = 0; r < count; ++r) leave_out(first + r, phi + r * feature_stride(n), r, scratch);
  }

 private:
  void leave_out(Index i, const double* phi, Index r, const Matrix<double>& solved) {
    const Index n = system_.num_features();
    const double constant = system_.intercept == Intercept::fitted ? 1.0 / system_.weight : 0.0;
    double quadratic = constant;
    double mean = 0.0;
    for (Index j = 0; j < n; ++j) {
      const double centre = system_.mean_features[static_cast<std::size_t>(j)];
      quadratic += (phi[j] - centre) * solved(j, r);
      mean += centre * solved(j, r);
    }
    const double weight = weight_of(rows_, i);
    const double left = 1.0 - weight * quadratic;
    if (!(left > least_left_)) {
      door_.refuse("row " + std::to_string(fit_.row[static_cast<std::size_t>(i)]) +
                   " alone decides its own prediction, to the rounding of its leverage; a larger "
                   "ridge is needed");
    }
    const Index t = system_.num_targets();
    for (Index c = 0; c < t; ++c) {
      double value = whole_.intercepts[static_cast<std::size_t>(c)];
      for (Index j = 0; j < n; ++j) value += phi[j] * whole_.theta(j, c);
      const double target = rows_.targets(i, c);
      const double residual = (target - value) / left;
      fit_.outputs(i, c) = target - residual;
      const Index column = i * t + c;
      const double change = weight * residual;
      for (Index j = 0; j < n; ++j) {
        fit_.theta(j, column) = whole_.theta(j, c) - change * solved(j, r);
      }
      fit_.intercepts[static_cast<std::size_t>(column)] =
          whole_.intercepts[static_cast<std::size_t>(c)] - change * (constant - mean);
    }
  }

  const Door& door_;
  const RidgeSystem& system_;
  const HeldOutSolution& whole_;
  const TrainingRows<T>& rows_;
  HeldOutFit& fit_;
  double least_left_;
};

}  // namespace

template <Scalar T>
HeldOutFit ridge_without_rows(const Door& door, const FeatureMap<T>& map,
                              const TrainingRows<T>& all, const RidgeOptions& options,
                              const Execution& execution) {
  const Index t = all.targets.cols;
  require_ridge(door, options.ridge);
  require_rows(door, all, map.input_dim(), t);
  refuse_long_rows(door, map, all.x, execution);
  const std::vector<double> offset = held_out_offset(door, all, options.intercept);
  HeldOutFit fit = begin_fit(all, map.num_features(), t);
  const auto n = static_cast<Index>(fit.row.size());
  for (Index i = 0; i < n; ++i) fit.model.push_back(i);
  fit.share = unit_shares(door, fit.model);
  make_room(fit, n);
  const GatheredRows<T> gathered(all, fit.row);
  const TrainingRows<T> rows = gathered.rows();
  NormalEquations<T> equations(map, {.num_targets = t, .target_offset = offset});
  equations.add(rows, execution);
  RidgeSystem system = ridge_system(door, equations, options.intercept, execution);
  const HeldOutSolution whole = solve_held_out(door, system, options.ridge, offset, execution);
  RowsLeftOut<T> left_out(door, system, whole, rows, fit);
  std::vector<Matrix<double>> scratch;
  for (int w = 0; w < feature_workers(n, execution); ++w) {
    scratch.emplace_back(map.num_features(), simd::kBlockRows);
  }
  for_feature_blocks(door, map, rows.x, execution,
                     [&](Index first, Index count, const double* phi, std::size_t worker) {
                       left_out.add(first, count, phi, scratch[worker]);
                     });
  return fit;
}

template <Scalar T>
HeldOutFit ridge_without_folds(const Door& door, const FeatureMap<T>& map,
                               const TrainingRows<T>& all, const Folds& all_folds,
                               const RidgeOptions& options, const Execution& execution) {
  const Index t = all.targets.cols;
  require_ridge(door, options.ridge);
  require_rows(door, all, map.input_dim(), t);
  require_folds(door, all_folds, all.x.rows);
  refuse_long_rows(door, map, all.x, execution);
  const std::vector<double> offset = held_out_offset(door, all, options.intercept);
  HeldOutFit fit = begin_fit(all, map.num_features(), t);
  const Folds folds = counted_folds(door, all_folds, fit);
  make_room(fit, folds.count);
  const GatheredRows<T> gathered(all, fit.row);
  const std::vector<std::vector<Index>> members = fold_members(folds);
  const FoldMoments moments = fold_moments(map, gathered.rows(), members, offset, execution);
  const Index ones = map.num_features() + t;
  for (std::size_t f = 0; f < members.size(); ++f) {
    RidgeSystem system = ridge_system(door, moments.without(f), map.num_features(), t,
                                      moments.total_rows - moments.part_rows[f], options.intercept);
    const double penalty = options.ridge * moments.total(ones, ones) / system.weight;
    const HeldOutSolution without = solve_held_out(door, system, penalty, offset, execution);
    const Index column = static_cast<Index>(f) * t;
    for (Index j = 0; j < without.theta.rows(); ++j) {
      std::copy_n(without.theta.row(j), t, fit.theta.row(j) + column);
    }
    std::copy_n(without.intercepts.begin(), t, fit.intercepts.begin() + column);
    const GatheredRows<T> held_out(gathered.rows(), members[f]);
    for_output_blocks(door, map, held_out.rows().x, without.theta, without.intercepts, execution,
                      [&](Index first, Index count, MatrixView<const double> outputs) {
                        for (Index r = 0; r < count; ++r) {
                          const Index row = members[f][static_cast<std::size_t>(first + r)];
                          std::copy_n(&outputs(r, 0), t, fit.outputs.row(row));
                        }
                      });
  }
  return fit;
}

template <Scalar T>
HeldOutFit logistic_without_folds(const Door& door, const FeatureMap<T>& map,
                                  const LabelledRows<T>& rows, Index num_classes,
                                  const Folds& all_folds, const LogisticOptions& options,
                                  const Execution& execution) {
  require_labelled_rows(door, rows, map.input_dim(), num_classes);
  require_folds(door, all_folds, rows.x.rows);
  require_classes_outside_folds(door, rows, all_folds);
  HeldOutFit fit = begin_fit(rows, map.num_features(), num_classes);
  const Folds folds = counted_folds(door, all_folds, fit);
  make_room(fit, folds.count);
  double total = 0.0;
  for (const Index row : fit.row) total += weight_of(rows, row);
  for (Index f = 0; f < folds.count; ++f) {
    // A row of weight zero is as good as absent.
    std::vector<T> weights(static_cast<std::size_t>(rows.x.rows));
    double rest = 0.0;
    for (std::size_t i = 0; i < fit.row.size(); ++i) {
      if (folds.fold[i] == f) continue;
      const double weight = weight_of(rows, fit.row[i]);
      weights[static_cast<std::size_t>(fit.row[i])] = static_cast<T>(weight);
      rest += weight;
    }
    require_weight(door, rest);
    LogisticOptions same_penalty = options;
    same_penalty.ridge *= total / rest;
    const LogisticRegression<T> model(map, {rows.x, rows.labels, weights}, num_classes,
                                      same_penalty, execution);
    const Index column = f * num_classes;
    for (Index j = 0; j < map.num_features(); ++j) {
      std::copy_n(model.coefficients().row(j), num_classes, fit.theta.row(j) + column);
    }
    std::copy(model.intercepts().begin(), model.intercepts().end(),
              fit.intercepts.begin() + column);
  }
  for_output_blocks(door, map, rows.x, fit.theta, fit.intercepts, execution,
                    [&](Index first, Index count, MatrixView<const double> outputs) {
                      const auto begin = std::lower_bound(fit.row.begin(), fit.row.end(), first);
                      for (auto it = begin; it != fit.row.end() && *it < first + count; ++it) {
                        const auto i = it - fit.row.begin();
                        const Index model = folds.fold[static_cast<std::size_t>(i)];
                        std::copy_n(&outputs(*it - first, model * num_classes), num_classes,
                                    fit.outputs.row(static_cast<Index>(i)));
                      }
                    });
  return fit;
}

template HeldOutFit ridge_without_rows(const Door&, const FeatureMap<float>&,
                                       const TrainingRows<float>&, const RidgeOptions&,
                                       const Execution&);
template HeldOutFit ridge_without_rows(const Door&, const FeatureMap<double>&,
                                       const TrainingRows<double>&, const RidgeOptions&,
                                       const Execution&);
template HeldOutFit ridge_without_folds(const Door&, const FeatureMap<float>&,
                                        const TrainingRows<float>&, const Folds&,
                                        const RidgeOptions&, const Execution&);
template HeldOutFit ridge_without_folds(const Door&, const FeatureMap<double>&,
                                        const TrainingRows<double>&, const Folds&,
                                        const RidgeOptions&, const Execution&);
template HeldOutFit logistic_without_folds(const Door&, const FeatureMap<float>&,
                                           const LabelledRows<float>&, Index, const Folds&,
                                           const LogisticOptions&, const Execution&);
template HeldOutFit logistic_without_folds(const Door&, const FeatureMap<double>&,
                                           const LabelledRows<double>&, Index, const Folds&,
                                           const LogisticOptions&, const Execution&);

}  // namespace bochner::regression
