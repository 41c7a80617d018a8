// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/regression/normal_equations.hpp>
#include <bochner/client/regression/ridge_regression.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/view.hpp>
#include <bochner/estimator/feature_error.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <memory>

/// \file
/// How far the predictions of ridge regression depend on the draw of the frequencies.

namespace bochner {

namespace regression {
template <Scalar T>
struct ResampledRidge;
}  // namespace regression

/// Ridge regression with the frequencies of other draws, imitated by the one there is:
/// `feature_error` with predictions for results. The error says how far f(x) may be from the mean
/// over draws; what the posterior variance says of the data stands beside it.
///
/// ```cpp
/// Matrix<double> x(500, 2), y(500, 1), mean(500, 1), error(500, 1);
/// Stream({1}, Purpose::study).normals(0, {x.data(), 1000});
/// for (Index i = 0; i < 500; ++i) y(i, 0) = x(i, 0) * x(i, 1);
/// NormalEquations<double> sums(FeatureMap<double>({.input_dim = 2, .num_frequencies = 64}));
/// sums.add({x, y});
/// const RidgeFeatureErrors<double> errors(sums, {.ridge = 1e-4});
/// errors.predict(x, mean, error);
/// ```
template <Scalar T>
class RidgeFeatureErrors {
 public:
  /// One factorisation for each of the G groups of blocks that are left out (at most 64), or for
  /// each replicate, at the same W lambda: O(G D^3 / 3), G D t numbers. Throws InvalidArgument as
  /// RidgeRegression and `feature_error`.
  RidgeFeatureErrors(const NormalEquations<T>& equations, const RidgeOptions& options,
                     const FeatureErrorOptions& error_options = {},
                     const Execution& execution = {});

  const FeatureMap<T>& map() const noexcept;
  Index num_targets() const noexcept;
  /// Groups that are left out, or replicates.
  Index num_models() const noexcept;
  /// Of every error.
  double degrees_of_freedom() const noexcept;

  /// out(i, c) = f_c(x_i), as RidgeRegression predicts it, and error(i, c), its standard error over
  /// draws of the frequencies; n x num_targets. O(n (m d + G D t)). Throws InvalidArgument on
  /// shapes that do not match, on overlap, and on NaN or infinity in x (naming row and column).
  void predict(MatrixView<const T> x, MatrixView<double> out, MatrixView<double> error,
               const Execution& execution = {}) const;

  Archive save() const;
  /// Throws InvalidArgument when the archive does not hold one of these, saying what is wrong.
  static RidgeFeatureErrors load(const Archive& archive);

 private:
  explicit RidgeFeatureErrors(std::shared_ptr<const regression::ResampledRidge<T>> ridge);

  std::shared_ptr<const regression::ResampledRidge<T>> ridge_;
};

extern template class BOCHNER_EXPORT RidgeFeatureErrors<float>;
extern template class BOCHNER_EXPORT RidgeFeatureErrors<double>;

}  // namespace bochner
