// SPDX-License-Identifier: Apache-2.0
#include "client/regression/ridge_spectrum.hpp"

#include "linalg/band.hpp"
#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace bochner::regression {

RidgeSpectrum::RidgeSpectrum(RidgeSystem system, const Execution& execution)
    : system_(std::move(system)),
      largest_diagonal_([&] {
        double largest = 0.0;
        for (Index j = 0; j < system_.num_features(); ++j) {
          largest = std::max(largest, system_.a(j, j));
        }
        return largest;
      }()),
      reduction_(std::move(system_.a), system_.num_features(), execution),
      rotated_b_(system_.b) {
  rotate(rotated_b_.view().middle_cols(0, system_.num_targets()), execution);
}

void RidgeSpectrum::rotate(MatrixView<double> c, const Execution& execution) const {
  reduction_.apply_transposed(c, execution);
}

void RidgeSpectrum::rotate_back(MatrixView<double> c, const Execution& execution) const {
  reduction_.apply(c, execution);
}

std::optional<linalg::BandCholesky> RidgeSpectrum::factored(double ridge) const {
  const double penalty = system_.weight * ridge;
  return linalg::BandCholesky::factor(
      reduction_.band(), penalty,
      pivot_rounding(system_.num_features(), largest_diagonal_ + penalty));
}

bool RidgeSpectrum::solve_rotated(double ridge, MatrixView<double> c) const {
  const auto factor = factored(ridge);
  if (!factor) return false;
  std::vector<double> column(static_cast<std::size_t>(c.rows));
  for (Index k = 0; k < c.cols; ++k) {
    for (Index j = 0; j < c.rows; ++j) column[static_cast<std::size_t>(j)] = c(j, k);
    factor->solve(column);
    for (Index j = 0; j < c.rows; ++j) c(j, k) = column[static_cast<std::size_t>(j)];
  }
  return true;
}

std::optional<Matrix<double>> RidgeSpectrum::rotated_coefficients(double ridge) const {
  Matrix<double> theta = rotated_b_;
  if (!solve_rotated(ridge, theta.view().middle_cols(0, system_.num_targets()))) {
    return std::nullopt;
  }
  return theta;
}

std::optional<RidgeCriteria> RidgeSpectrum::criteria(double ridge, double log_weights) const {
  const double penalty = system_.weight * ridge;
  const auto factor = factored(ridge);
  const auto features = static_cast<double>(system_.num_features());
  const auto rows = static_cast<double>(system_.num_rows);
  const auto degrees = static_cast<double>(system_.degrees());
  if (!factor || system_.degrees() < 1) return std::nullopt;
  const double trace = factor->trace_of_inverse();
  // Every eigenvalue of the inverse is at most 1 / penalty: more is rounding.
  const double df = std::clamp(features - penalty * trace, 0.0, features) + rows - degrees;
  RidgeCriteria criteria;
  criteria.degrees_of_freedom = df;
  // ln |A + p| - D ln p, the volume by which the posterior has shrunk; none without a penalty.
  const double volume = factor->log_determinant() - features * std::log(penalty);
  std::vector<double> theta(static_cast<std::size_t>(system_.num_features()));
  for (Index c = 0; c < system_.num_targets(); ++c) {
    for (Index j = 0; j < system_.num_features(); ++j) {
      theta[static_cast<std::size_t>(j)] = rotated_b_(j, c);
    }
    factor->solve(theta);
    double explained = 0.0;
    double summed = system_.yy[static_cast<std::size_t>(c)];
    double square = 0.0;
    for (Index j = 0; j < system_.num_features(); ++j) {
      const double value = theta[static_cast<std::size_t>(j)];
      explained += rotated_b_(j, c) * value;
      summed += std::abs(rotated_b_(j, c) * value);
      square += value * value;
    }
    // (A + p) theta = b, so yy - 2 b.theta + theta.A theta = yy - b.theta - p theta.theta.
    // What a target leaves unexplained is known only to the rounding of that difference: a smaller
    // one would be a score made of rounding errors.
    const double rounding = pivot_rounding(system_.num_features(), summed);
    const double penalised =
        std::max(rounding, system_.yy[static_cast<std::size_t>(c)] - explained);
    const double residual = std::max(rounding, penalised - penalty * square);
    criteria.residual.push_back(residual);
    const double spare = rows - df;
    criteria.gcv +=
        spare > 0.0 ? rows * residual / (spare * spare) : std::numeric_limits<double>::infinity();
    if (!(penalised > 0.0)) continue;  // a constant target says nothing about a ridge
    const double variance = penalised / degrees;
    criteria.log_evidence -=
        0.5 *
        (degrees + volume + degrees * std::log(2.0 * std::numbers::pi * variance) - log_weights);
    if (system_.intercept == Intercept::fitted) {
      criteria.log_evidence -= 0.5 * std::log(system_.weight);
    }
  }
  criteria.gcv /= static_cast<double>(system_.num_targets());
  return criteria;
}

}  // namespace bochner::regression
