// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/archive.hpp"
#include "bochner/core/execution.hpp"
#include "bochner/core/matrix.hpp"
#include "bochner/feature_map.hpp"
#include "core/door.hpp"

#include <vector>

/// \file
/// What every regression comes down to, however it was fitted.

namespace bochner::regression {

/// f_c(x) = theta_c . phi(x) + intercept_c, for outputs c. Immutable.
template <Scalar T>
class LinearModel {
 public:
  /// Throws InvalidArgument unless coefficients are num_features x outputs, intercepts one per
  /// output, at least one, and all of them finite.
  LinearModel(const Door& door, FeatureMap<T> map, Matrix<double> coefficients,
              std::vector<double> intercepts);

  const FeatureMap<T>& map() const noexcept { return map_; }
  Index num_outputs() const noexcept { return static_cast<Index>(intercepts_.size()); }
  /// theta, num_features x outputs.
  const Matrix<double>& coefficients() const noexcept { return coefficients_; }
  const std::vector<double>& intercepts() const noexcept { return intercepts_; }

  /// out(i, c) = f_c(x_i). Sums are taken in double and rounded to U once. Throws InvalidArgument
  /// on shapes that do not match, on overlap, on NaN or infinity in x, and on a prediction that U
  /// cannot hold.
  template <Scalar U>
  void predict(const Door& door, MatrixView<const T> x, MatrixView<U> out,
               const Execution& execution) const;

  /// Adds map, coefficients and intercepts to an archive.
  void save(Archive& archive) const;
  /// Takes them back. Throws InvalidArgument when they are not there, saying what is wrong. Nothing
  /// of the map's size is allocated before the shapes of the arrays confirm it.
  static LinearModel load(const Door& door, const Archive& archive);

 private:
  FeatureMap<T> map_;
  Matrix<double> coefficients_;
  std::vector<double> intercepts_;
  Matrix<double> by_output_;  ///< theta, one output per row, padded
};

extern template class LinearModel<float>;
extern template class LinearModel<double>;

}  // namespace bochner::regression
