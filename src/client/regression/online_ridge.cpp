// SPDX-License-Identifier: Apache-2.0
#include "bochner/client/regression/online_ridge.hpp"

#include "client/regression/checks.hpp"
#include "client/regression/feature_blocks.hpp"
#include "client/regression/gathered_rows.hpp"
#include "client/regression/ridge_system.hpp"
#include "core/text.hpp"
#include "linalg/rank_one.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace bochner {
namespace {

constexpr Door kOnlineRidge("OnlineRidge");
constexpr Door kOnlineForget("OnlineRidge::forget");
constexpr Door kOnlineModel("OnlineRidge::model");

/// Weight that is left of a sum after this share of it went is rounding.
constexpr double kWeightLeft = 1e-12;
/// The least weight that is kept: its quotients are in range.
constexpr double kLeastOnlineWeight = 1e-200;
/// Rows whose features are held at a time.
constexpr Index kHeldRows = 1024;

}  // namespace

template <Scalar T>
OnlineRidge<T>::OnlineRidge(const NormalEquations<T>& equations, const RidgeOptions& options,
                            const Execution& execution)
    : map_(equations.map()), options_(options) {
  regression::require_ridge(kOnlineRidge, options.ridge);
  if (options.posterior != Posterior::mean) {
    kOnlineRidge.refuse("posterior", "full", "mean (a model that changes keeps no variances)");
  }
  regression::RidgeSystem system =
      regression::ridge_system(kOnlineRidge, equations, options.intercept, execution);
  regression::factorise_or_refuse(kOnlineRidge, system, options.ridge, execution);
  const Index n = system.num_features();
  factor_ = Matrix<double>(n, simd::padded<double>(n));
  for (Index i = 0; i < n; ++i) std::copy_n(system.a.row(i) + i, n - i, factor_.row(i) + i);
  b_ = std::move(system.b);
  yy_ = std::move(system.yy);
  mean_features_ = std::move(system.mean_features);
  mean_targets_ = std::move(system.mean_targets);
  weight_ = system.weight;
  penalty_ = system.weight * options.ridge;
  num_rows_ = system.num_rows;
  offset_ = equations.options().target_offset;
  // Without an intercept the system is about targets of zero.
  if (offset_.empty() || options.intercept == Intercept::none) {
    offset_.assign(yy_.size(), 0.0);
  }
}

/// The moments about the means after a row of weight w at distances d and e from them: w W / (W +
/// w) d d^T is added for a row that comes, w W / (W - w) d d^T subtracted for one that goes.
template <Scalar T>
bool OnlineRidge<T>::shift(const Distances& from, double weight, Direction direction) {
  const bool centred = options_.intercept == Intercept::fitted;
  const double sign = direction == Direction::in ? 1.0 : -1.0;
  const double after = weight_ + sign * weight;
  const double share = centred ? weight * (weight_ / after) : weight;
  std::vector<double> row(from.features);
  for (double& value : row) value *= std::sqrt(share);
  const auto square = factor_.view().middle_cols(0, factor_.rows());
  if (direction == Direction::in) {
    linalg::add_row(square, row);
  } else if (!linalg::remove_row(square, row)) {
    return false;
  }
  for (std::size_t c = 0; c < yy_.size(); ++c) {
    for (std::size_t j = 0; j < row.size(); ++j) {
      b_(static_cast<Index>(j), static_cast<Index>(c)) +=
          sign * share * from.features[j] * from.targets[c];
    }
    yy_[c] = std::max(0.0, yy_[c] + sign * share * from.targets[c] * from.targets[c]);
  }
  if (centred) {
    for (std::size_t j = 0; j < row.size(); ++j) {
      mean_features_[j] += sign * weight / after * from.features[j];
    }
    for (std::size_t c = 0; c < yy_.size(); ++c) {
      mean_targets_[c] += sign * weight / after * from.targets[c];
    }
  }
  weight_ = after;
  num_rows_ += direction == Direction::in ? 1 : -1;
  return true;
}

template <Scalar T>
void OnlineRidge<T>::change(std::string_view function, const TrainingRows<T>& rows,
                            Direction direction, const Execution& execution) {
  const Door door(function);
  regression::require_rows(door, rows, map_.input_dim(), static_cast<Index>(yy_.size()));
  const Index n = map_.num_features();
  regression::require_distances(door, rows, offset_);
  const Index held = std::min(kHeldRows, rows.x.rows);
  Matrix<double> phi(held, n);
  regression::FeatureBlocks<T> blocks(map_, held, execution);
  const auto hold = [&](Index begin) {
    const Index count = std::min(held, rows.x.rows - begin);
    blocks.each(door, rows.x.middle_rows(begin, count), begin,
                [&](Index first, Index block_rows, const double* block, std::size_t /*worker*/) {
                  for (Index r = 0; r < block_rows; ++r) {
                    std::copy_n(block + r * regression::feature_stride(n), n, phi.row(first + r));
                  }
                });
  };
  OnlineRidge next(*this);
  Distances from{std::vector<double>(static_cast<std::size_t>(n)), std::vector<double>(yy_.size())};
  for (Index i = 0; i < rows.x.rows; ++i) {
    if (i % held == 0) hold(i);
    const double weight = regression::weight_of(rows, i);
    if (weight == 0.0) continue;
    if (direction == Direction::out &&
        (next.num_rows_ < 2 || next.weight_ - weight <= kWeightLeft * next.weight_)) {
      door.refuse("row " + std::to_string(i) + " has the weight " + text::number(weight) +
                  ", expected less than that of all rows, " + text::number(next.weight_));
    }
    for (std::size_t j = 0; j < from.features.size(); ++j) {
      from.features[j] = phi(i % held, static_cast<Index>(j)) - next.mean_features_[j];
    }
    for (std::size_t c = 0; c < from.targets.size(); ++c) {
      from.targets[c] = rows.targets(i, static_cast<Index>(c)) - offset_[c] - next.mean_targets_[c];
    }
    if (next.shift(from, weight, direction)) continue;
    door.refuse("row " + std::to_string(i) +
                " was not in, or nothing but rounding would be left without it");
  }
  *this = std::move(next);
}

template <Scalar T>
void OnlineRidge<T>::add(const TrainingRows<T>& rows, const Execution& execution) {
  change("OnlineRidge::add", rows, Direction::in, execution);
}

template <Scalar T>
void OnlineRidge<T>::remove(const TrainingRows<T>& rows, const Execution& execution) {
  change("OnlineRidge::remove", rows, Direction::out, execution);
}

template <Scalar T>
void OnlineRidge<T>::forget(double factor) {
  if (!(factor > 0.0 && factor <= 1.0)) {
    kOnlineForget.refuse("factor", text::number(factor), "above 0 and at most 1");
  }
  if (factor * weight_ < kLeastOnlineWeight) {
    kOnlineForget.refuse("the weight of all rows, " + text::number(weight_) +
                         ", would vanish below the range of double; fit anew");
  }
  const double root = std::sqrt(factor);
  for (Index e = 0; e < factor_.size(); ++e) factor_.data()[e] *= root;
  for (Index e = 0; e < b_.size(); ++e) b_.data()[e] *= factor;
  for (double& square : yy_) square *= factor;
  weight_ *= factor;
  penalty_ *= factor;
}

template <Scalar T>
void OnlineRidge<T>::require_regular() const {
  const Index n = factor_.rows();
  double largest = 0.0;
  for (Index j = 0; j < n; ++j) {
    double diagonal = 0.0;  // of A + P I
    for (Index i = 0; i <= j; ++i) diagonal += factor_(i, j) * factor_(i, j);
    largest = std::max(largest, diagonal);
  }
  for (Index j = 0; j < n; ++j) {
    if (factor_(j, j) * factor_(j, j) > regression::pivot_rounding(n, largest)) continue;
    throw regression::SingularSystem(kOnlineModel.message(
        "the system is singular at ridge " + text::number(ridge()) + " (feature " +
        std::to_string(j) + " of " + std::to_string(n) +
        " depends on those before it to rounding); fit anew with a larger ridge"));
  }
}

template <Scalar T>
RidgeRegression<T> OnlineRidge<T>::model(const Execution& execution) const {
  const Index n = factor_.rows();
  const auto t = static_cast<Index>(yy_.size());
  require_regular();
  Matrix<double> solution = b_;
  regression::solve_factored(factor_.view().middle_cols(0, n), solution.view().middle_cols(0, t),
                             execution);
  Matrix<double> theta(n, t);
  for (Index j = 0; j < n; ++j) std::copy_n(solution.row(j), t, theta.row(j));
  std::vector<double> intercepts =
      regression::intercepts_of(mean_targets_, mean_features_, theta.view());
  for (std::size_t c = 0; c < offset_.size(); ++c) intercepts[c] += offset_[c];
  const Index degrees = num_rows_ - (options_.intercept == Intercept::fitted ? 1 : 0);
  std::vector<double> noise = regression::noise_variances_of(b_.view(), yy_, theta.view(), degrees);
  RidgeOptions options = options_;
  options.ridge = ridge();
  return RidgeRegression<T>(map_, options, std::move(theta), std::move(intercepts),
                            std::move(noise));
}

template class OnlineRidge<float>;
template class OnlineRidge<double>;

}  // namespace bochner
