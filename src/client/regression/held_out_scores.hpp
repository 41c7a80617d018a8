// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/client/regression/folds.hpp"
#include "bochner/core/matrix.hpp"
#include "core/door.hpp"

#include <span>
#include <vector>

/// \file
/// Scores of rows by the models that have not seen them, ready to be compared with those of others.

namespace bochner::regression {

/// Rounding of a sum of up to 1e5 shares that is compared with a level.
inline constexpr double kShareRounding = 1e-11;

/// Rows with scores, the models that gave them, and how much of the probability each row stands
/// for.
struct ScoredRows {
  Matrix<double> scores;      ///< rows x kinds of score
  std::vector<Index> model;   ///< one per row
  std::vector<double> share;  ///< one per row; what is missing to 1 is the new row's own
};

/// 1 / ((U + 1) n_u) for rows of unit u, where U units have rows. Throws InvalidArgument when fewer
/// than two have.
std::vector<double> unit_shares(const Door& door, std::span<const Index> units);

/// One kind of score, sorted within each model.
class HeldOutScores {
 public:
  HeldOutScores(const ScoredRows& rows, Index kind, Index models);

  /// The smallest number that a share `level` of score + sign shift[model * stride] does not
  /// exceed; infinity where the shares do not reach it.
  double quantile(const double* shift, Index stride, double sign, double level) const;
  /// The share of scores below value[model * stride].
  double below(const double* value, Index stride) const;

 private:
  std::span<const double> scores_of(std::size_t model) const {
    return {score_.data() + begin_[model], begin_[model + 1] - begin_[model]};
  }
  /// The share of the first `count` scores of a model.
  double share_of_first(std::size_t model, std::size_t count) const {
    return count == 0 ? 0.0 : cumulative_[begin_[model] + count - 1];
  }
  double total() const;

  std::vector<std::size_t> begin_;  ///< where each model's scores begin, and where all end
  std::vector<double> score_;       ///< ascending within a model
  std::vector<double> cumulative_;  ///< shares up to and with each, within a model
};

}  // namespace bochner::regression
