// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/feature_map.hpp"
#include "client/regression/output_blocks.hpp"

#include <vector>

/// \file
/// Several linear models of one map, which predict together.

namespace bochner::regression {

/// f_kc(x) = theta_kc . phi(x) + intercept_kc, for models k and outputs c. Immutable.
template <Scalar T>
class LinearModels {
 public:
  /// `theta` is num_features x intercepts, rows padded; column k `num_outputs` + c is output c of
  /// model k. Throws InvalidArgument on a number that is not finite.
  LinearModels(const Door& door, FeatureMap<T> map, Matrix<double> theta,
               std::vector<double> intercepts, Index num_outputs);

  const FeatureMap<T>& map() const noexcept { return map_; }
  Index num_outputs() const noexcept { return num_outputs_; }
  Index num_models() const noexcept {
    return static_cast<Index>(intercepts_.size()) / num_outputs_;
  }

  /// As `for_output_blocks`, with the outputs of all models.
  template <class Body>
  void each_block(const Door& door, MatrixView<const T> x, const Execution& execution,
                  const Body& body) const {
    for_output_blocks(door, map_, x, theta_, intercepts_, execution, body);
  }

  /// Adds everything to an archive.
  void save(Archive& archive) const;
  /// Takes it back. Throws InvalidArgument when it is not there, saying what is wrong.
  static LinearModels load(const Door& door, const Archive& archive);

 private:
  FeatureMap<T> map_;
  Matrix<double> theta_;
  std::vector<double> intercepts_;
  Index num_outputs_;
};

extern template class LinearModels<float>;
extern template class LinearModels<double>;

}  // namespace bochner::regression
