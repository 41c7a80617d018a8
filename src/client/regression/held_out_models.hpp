// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/feature_map.hpp"
#include "client/regression/held_out_fits.hpp"
#include "client/regression/held_out_scores.hpp"
#include "client/regression/linear_models.hpp"

#include <vector>

/// \file
/// Models without some of the rows, and the scores of these rows: what intervals and label sets
/// are made from.

namespace bochner::regression {

template <Scalar T>
class HeldOutModels {
 public:
  /// `scores` are rows x kinds, of the rows of `fit`. Throws InvalidArgument on a number that is
  /// not finite.
  HeldOutModels(const Door& door, FeatureMap<T> map, HeldOutFit fit, Matrix<double> scores);

  const FeatureMap<T>& map() const noexcept { return models_.map(); }
  Index num_outputs() const noexcept { return models_.num_outputs(); }
  Index num_models() const noexcept { return models_.num_models(); }
  Index num_rows() const noexcept { return rows_.scores.rows(); }
  Index num_kinds() const noexcept { return rows_.scores.cols(); }
  /// What all shares come to.
  double total_share() const noexcept;
  const HeldOutScores& scores(Index kind) const { return sorted_[static_cast<std::size_t>(kind)]; }

  /// As `LinearModels`.
  template <class Body>
  void each_block(const Door& door, MatrixView<const T> x, const Execution& execution,
                  const Body& body) const {
    models_.each_block(door, x, execution, body);
  }

  /// Adds everything to an archive.
  void save(Archive& archive) const;
  /// Takes it back. Throws InvalidArgument when it is not there, saying what is wrong.
  static HeldOutModels load(const Door& door, const Archive& archive);

 private:
  HeldOutModels(const Door& door, LinearModels<T> models, ScoredRows rows);

  LinearModels<T> models_;
  ScoredRows rows_;
  std::vector<HeldOutScores> sorted_;  ///< one per kind of score
};

extern template class HeldOutModels<float>;
extern template class HeldOutModels<double>;

}  // namespace bochner::regression
