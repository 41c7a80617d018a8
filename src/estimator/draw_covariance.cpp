// SPDX-License-Identifier: Apache-2.0
#include "estimator/draw_covariance.hpp"

#include "simd/engine.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bochner::estimator {
namespace {

/// `mirrored`: how many times the covariance with an opposite row counts.
SameRowLaw same_row_law(const RowLaw& row, double dim, double mirrored) {
  SameRowLaw law;
  const bool even = row.sides == RowLaw::Sides::both;
  law.total = 1.0 + mirrored;
  // An even function is the same at an opposite row.
  law.same = even ? 0.5 * law.total : 1.0;
  law.opposite = even ? 0.5 * law.total : mirrored;
  if (row.argument == RowLaw::Argument::difference) {
    // cos cos = (cos of the sum + cos of the difference) / 2, and a phase adds the latter.
    law.cross = -1.0;
    law.square = -0.5;
    law.opposite += row.phase_variance;
    return law;
  }
  if (!row.directions.empty()) {  // cross and square are in the vectors
    law.square = 0.5;
    law.front = row.log_growth;
    return law;
  }
  const double narrowing = 1.0 - 8.0 * row.a;
  law.cross = (1.0 - 4.0 * row.a) / narrowing;
  law.square = 0.5 * (law.cross - 1.0);
  law.front = 0.5 * dim * std::log1p(16.0 * row.a * row.a / narrowing);
  return law;
}

}  // namespace

DrawCovariance::DrawCovariance(const RowLaw& row, const BlockLaw& block, Index num_frequencies,
                               std::vector<double> squares, std::vector<double> log_weights,
                               const std::vector<double>& plain_squares)
    : squares_(std::move(squares)),
      log_weights_(std::move(log_weights)),
      constant_radii_(block.radii == Radii::constant),
      opposite_(squares_.size()),
      argument_(squares_.size()),
      polynomial_(squares_.size()),
      polynomial_before_(squares_.size()) {
  const BlockLaw::Shares shares = block.shares(num_frequencies);
  const bool paired = block.pairing == BlockLaw::Pairing::opposite;
  const double mirrored = paired ? shares.pairs + shares.blocks : 0.0;
  const double partners = shares.blocks * static_cast<double>(block.size - (paired ? 2 : 1));
  same_row_ = same_row_law(row, block.dim, mirrored);
  const double decay = row.argument == RowLaw::Argument::difference ? 0.5 : 0.0;
  for (std::size_t j = 0; j < squares_.size(); ++j) {
    levels_.push_back(same_row_.square * squares_[j]);
    if (!plain_squares.empty()) levels_[j] -= 0.5 * plain_squares[j];
    mean_.push_back(std::exp(log_weights_[j] - decay * squares_[j]));
    inverse_norms_.push_back(squares_[j] > 0.0 ? 1.0 / std::sqrt(squares_[j]) : 0.0);
  }
  if (partners == 0.0 && !constant_radii_) return;

  const bool two_sided = row.sides == RowLaw::Sides::both;
  const bool even =
      constant_radii_ ? two_sided && row.phase_variance == 0.0 : two_sided || block.cosine == 0.0;
  if (even) degrees_needed_ = Degrees::even;
  const HarmonicSeries series(row, block, degrees_needed_,
                              *std::max_element(squares_.begin(), squares_.end()));
  degrees_ = series.degrees();
  for (const HarmonicDegree& degree : degrees_) {
    const bool counts = degree.degree > 0 && (!two_sided || degree.degree % 2 == 0);
    double weight = counts ? partners * degree.across : 0.0;
    // With constant radii a row is coupled with itself as with others, P_l(1) = 1; a phase adds the
    // cosine of the difference, all of exp(i w.v_j) exp(-i w.v_l).
    if (constant_radii_) weight += (counts ? 1.0 : 0.0) + row.phase_variance;
    degree_weights_.push_back(weight);
    std::vector<double>& out = coefficients_.emplace_back();
    for (std::size_t j = 0; j < squares_.size(); ++j) {
      out.push_back(
          shifted(series.coefficient(degree, squares_[j], log_weights_[j]), log_weights_[j])
              .value());
    }
  }
  if (constant_radii_) mean_ = coefficients_.front();
}

void DrawCovariance::row(Index j, const double* products, double* out) {
  const auto at = static_cast<std::size_t>(j);
  if (constant_radii_) {
    std::fill_n(out, at + 1, 0.0);
  } else {
    add_same_row(at, products, out);
  }
  if (!degree_weights_.empty()) add_harmonics(at, products, out);
}

void DrawCovariance::add_same_row(std::size_t j, const double* products, double* out) {
  const SameRowLaw& law = same_row_;
  const auto count = static_cast<Index>(j + 1);
  for (std::size_t l = 0; l <= j; ++l) {
    const double level =
        law.front + (levels_[j] + levels_[l]) + (log_weights_[j] + log_weights_[l]);
    out[l] = level + law.cross * products[l];
    opposite_[l] = level - law.cross * products[l];
  }
  const simd::Kernels<double>& kernels = simd::kernels<double>();
  kernels.exp(out, out, count);
  const double total = law.total * mean_[j];
  if (law.opposite == 0.0) {
    for (std::size_t l = 0; l <= j; ++l) out[l] = law.same * out[l] - total * mean_[l];
    return;
  }
  kernels.exp(opposite_.data(), opposite_.data(), count);
  for (std::size_t l = 0; l <= j; ++l) {
    out[l] = law.same * out[l] + law.opposite * opposite_[l] - total * mean_[l];
  }
}

void DrawCovariance::add_harmonics(std::size_t j, const double* products, double* out) {
  for (std::size_t l = 0; l <= j; ++l) {
    const double cosine = products[l] * inverse_norms_[j] * inverse_norms_[l];
    argument_[l] = degrees_needed_ == Degrees::even ? cosine * cosine : cosine;
    polynomial_before_[l] = 0.0;
    polynomial_[l] = 1.0;
  }
  for (std::size_t k = 0; k < degrees_.size(); ++k) {
    const auto& [degree, across, slope, shift, back, log_front] = degrees_[k];
    const double here = degree_weights_[k] * coefficients_[k][j];
    const double* const there = coefficients_[k].data();
    double* const current = polynomial_.data();
    double* const before = polynomial_before_.data();
    // The next polynomial takes the place of the one before.
    for (std::size_t l = 0; l <= j; ++l) {
      out[l] += here * there[l] * current[l];
      before[l] = (slope * argument_[l] + shift) * current[l] - back * before[l];
    }
    std::swap(polynomial_, polynomial_before_);
  }
}

}  // namespace bochner::estimator
