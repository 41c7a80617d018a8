// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/cross_validation.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/fold_moments.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/output_blocks.hpp"
#include "client/regression/ridge_spectrum.hpp"
#include "client/regression/target_scale.hpp"
#include "core/parallel.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace bochner {
namespace {

constexpr Door kCrossValidate("cross_validate");

/// The models of all ridges side by side: column r t + c is target c at ridge r.
struct Models {
  Matrix<double> theta;  ///< num_features x (ridges t), padded
  std::vector<double> intercept;
  std::vector<bool> singular;  ///< one per ridge
};

Models all_ridges(const regression::RidgeSpectrum& family, std::span<const double> ridges,
                  const Execution& execution) {
  const Index n = family.system().num_features();
  const Index t = family.system().num_targets();
  const auto count = static_cast<Index>(ridges.size());
  Models models{Matrix<double>(n, simd::padded<double>(count * t)), {}, {}};
  std::vector<char> singular(ridges.size());
  parallel_for_blocks(count, execution, [&](Index r, int) {
    const auto rotated = family.rotated_coefficients(ridges[static_cast<std::size_t>(r)]);
    singular[static_cast<std::size_t>(r)] = rotated ? 0 : 1;
    if (!rotated) return;
    for (Index j = 0; j < n; ++j) {
      std::copy_n(rotated->row(j), t, models.theta.row(j) + r * t);
    }
  });
  family.rotate_back(models.theta.view().middle_cols(0, count * t), execution);
  for (Index r = 0; r < count; ++r) {
    models.singular.push_back(singular[static_cast<std::size_t>(r)] != 0);
    const MatrixView<const double> theta = models.theta.view().middle_cols(r * t, t);
    const auto intercepts = regression::intercepts_of(family.system(), theta);
    models.intercept.insert(models.intercept.end(), intercepts.begin(), intercepts.end());
  }
  return models;
}

/// The losses of held-out rows: every row has its own place, and sums are taken afterwards, in
/// order.
class HeldOut {
 public:
  HeldOut(Index rows, Index ridges, Index targets)
      : t_(targets), squares_(rows, ridges * targets), wrong_(rows, ridges) {}

  /// Row `row` with targets `y`, and the outputs of every ridge, all less `offset`.
  void set(Index row, const double* y, const double* output, const double* offset) {
    const auto largest = [&](const double* values) {
      Index best = 0;
      for (Index c = 1; c < t_; ++c) {
        if (values[c] + offset[c] > values[best] + offset[best]) best = c;
      }
      return best;
    };
    double* const square = squares_.row(row);
    for (Index r = 0; r < wrong_.cols(); ++r) {
      const double* const f = output + r * t_;
      for (Index c = 0; c < t_; ++c) square[r * t_ + c] = (y[c] - f[c]) * (y[c] - f[c]);
      wrong_(row, r) = largest(f) == largest(y) ? 0.0 : 1.0;
    }
  }

  const Matrix<double>& squares() const { return squares_; }
  const Matrix<double>& wrong() const { return wrong_; }

 private:
  Index t_;
  Matrix<double> squares_;  ///< rows x (ridges t)
  Matrix<double> wrong_;    ///< rows x ridges
};

/// Predicts a fold, which is the rows `indices` of all rows, by the models.
template <Scalar T>
void predict_fold(const FeatureMap<T>& map, const TrainingRows<T>& fold,
                  std::span<const Index> indices, const Models& models,
                  std::span<const double> offset, HeldOut& held_out, const Execution& execution) {
  regression::for_output_blocks(
      kCrossValidate, map, fold.x, models.theta, models.intercept, execution,
      [&](Index first, Index rows, MatrixView<const double> outputs) {
        std::vector<double> y(offset.size());
        for (Index r = 0; r < rows; ++r) {
          for (std::size_t c = 0; c < y.size(); ++c) {
            y[c] = fold.targets(first + r, static_cast<Index>(c)) - offset[c];
          }
          held_out.set(indices[static_cast<std::size_t>(first + r)], y.data(), &outputs(r, 0),
                       offset.data());
        }
      });
}

/// Squared errors, and the loss of every unit.
template <Scalar T>
void sum_losses(const TrainingRows<T>& rows, const Folds& folds, const HeldOut& held_out, Loss loss,
                const regression::TargetScale& scale, CrossValidation& result) {
  const Index t = rows.targets.cols;
  const auto count = static_cast<Index>(result.ridge.size());
  result.squared_error = Matrix<double>(count, t);
  result.unit_loss = Matrix<double>(count, folds.num_units);
  for (Index i = 0; i < rows.x.rows; ++i) {
    const auto unit = folds.unit[static_cast<std::size_t>(i)];
    const double weight = regression::weight_of(rows, i);
    for (Index r = 0; r < count; ++r) {
      double row_loss = 0.0;
      for (Index c = 0; c < t; ++c) {
        const double square = held_out.squares()(i, r * t + c);
        result.squared_error(r, c) += weight * square / scale.weight;
        row_loss += square / (scale.variance[static_cast<std::size_t>(c)] * static_cast<double>(t));
      }
      if (loss == Loss::misclassification) row_loss = held_out.wrong()(i, r);
      result.unit_loss(r, unit) += weight * row_loss;
    }
  }
}

/// Mean losses with their standard errors: each mean is a ratio of two sums over units.
template <Scalar T>
void average_losses(const TrainingRows<T>& rows, const Folds& folds, double total_weight,
                    const std::vector<bool>& singular, CrossValidation& result) {
  std::vector<double> unit_weight(static_cast<std::size_t>(folds.num_units));
  for (Index i = 0; i < rows.x.rows; ++i) {
    const auto unit = static_cast<std::size_t>(folds.unit[static_cast<std::size_t>(i)]);
    unit_weight[unit] += regression::weight_of(rows, i);
  }
  const auto units = static_cast<double>(folds.num_units);
  for (Index r = 0; r < result.unit_loss.rows(); ++r) {
    double sum = 0.0;
    for (Index u = 0; u < folds.num_units; ++u) sum += result.unit_loss(r, u);
    const double mean = sum / total_weight;
    double spread = 0.0;
    for (Index u = 0; u < folds.num_units; ++u) {
      const double residual =
          result.unit_loss(r, u) - mean * unit_weight[static_cast<std::size_t>(u)];
      spread += residual * residual;
    }
    const bool broken = singular[static_cast<std::size_t>(r)] || !std::isfinite(mean);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    result.loss.push_back(broken ? kInfinity : mean);
    result.standard_error.push_back(
        broken ? kInfinity : std::sqrt(spread * units / (units - 1.0)) / total_weight);
  }
}

}  // namespace

std::size_t CrossValidation::best() const {
  return static_cast<std::size_t>(std::min_element(loss.begin(), loss.end()) - loss.begin());
}

template <Scalar T>
CrossValidation cross_validate(const FeatureMap<T>& map, const TrainingRows<T>& rows,
                               std::span<const double> ridges, const Folds& folds, Loss loss,
                               Intercept intercept, const Execution& execution) {
  regression::require_ridges(kCrossValidate, ridges);
  const Index t = rows.targets.cols;
  regression::require_rows(kCrossValidate, rows, map.input_dim(), t);
  regression::require_folds(kCrossValidate, folds, rows.x.rows);
  const regression::TargetScale scale = regression::target_scale(kCrossValidate, rows);
  const std::vector<double> offset =
      intercept == Intercept::fitted ? scale.mean : std::vector<double>(scale.mean.size());

  const std::vector<std::vector<Index>> members = regression::fold_members(folds);
  const regression::FoldMoments moments =
      regression::fold_moments(map, rows, members, offset, execution);
  HeldOut held_out(rows.x.rows, static_cast<Index>(ridges.size()), t);
  std::vector<bool> singular(ridges.size());
  for (std::size_t f = 0; f < members.size(); ++f) {
    const regression::RidgeSpectrum family(
        regression::ridge_system(kCrossValidate, moments.without(f), map.num_features(), t,
                                 moments.total_rows - moments.part_rows[f], intercept),
        execution);
    const Models models = all_ridges(family, ridges, execution);
    for (std::size_t r = 0; r < ridges.size(); ++r) singular[r] = singular[r] || models.singular[r];
    const regression::GatheredRows<T> fold(rows, members[f]);
    predict_fold(map, fold.rows(), members[f], models, offset, held_out, execution);
  }
  CrossValidation result;
  result.ridge.assign(ridges.begin(), ridges.end());
  sum_losses(rows, folds, held_out, loss, scale, result);
  average_losses(rows, folds, scale.weight, singular, result);
  return result;
}

template CrossValidation cross_validate(const FeatureMap<float>&, const TrainingRows<float>&,
                                        std::span<const double>, const Folds&, Loss, Intercept,
                                        const Execution&);
template CrossValidation cross_validate(const FeatureMap<double>&, const TrainingRows<double>&,
                                        std::span<const double>, const Folds&, Loss, Intercept,
                                        const Execution&);

}  // namespace bochner
