// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/feature_map.hpp"
#include "client/regression/held_out_fits.hpp"
#include "client/regression/held_out_scores.hpp"
#include "client/regression/output_blocks.hpp"

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

  const FeatureMap<T>& map() const noexcept { return map_; }
  Index num_outputs() const noexcept { return num_outputs_; }
  Index num_models() const noexcept {
    return static_cast<Index>(intercepts_.size()) / num_outputs_;
  }
  Index num_rows() const noexcept { return rows_.scores.rows(); }
  Index num_kinds() const noexcept { return rows_.scores.cols(); }
  /// What all shares come to.
  double total_share() const noexcept;
  const HeldOutScores& scores(Index kind) const { return sorted_[static_cast<std::size_t>(kind)]; }

  /// As `for_output_blocks`: column k num_outputs + c is output c of model k.
  template <class Body>
  void each_block(const Door& door, MatrixView<const T> x, const Execution& execution,
                  const Body& body) const {
    for_output_blocks(door, map_, x, theta_, intercepts_, execution, body);
  }

  /// Adds everything to an archive.
  void save(Archive& archive) const;
  /// Takes it back. Throws InvalidArgument when it is not there, saying what is wrong.
  static HeldOutModels load(const Door& door, const Archive& archive);

 private:
  FeatureMap<T> map_;
  Index num_outputs_;
  Matrix<double> theta_;
  std::vector<double> intercepts_;
  ScoredRows rows_;
  std::vector<HeldOutScores> sorted_;  ///< one per kind of score
};

extern template class HeldOutModels<float>;
extern template class HeldOutModels<double>;

}  // namespace bochner::regression
