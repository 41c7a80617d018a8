// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/gram/approximation.hpp>
#include <bochner/core/archive.hpp>
#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <span>
#include <utility>
#include <vector>

/// \file
/// Kernel principal components by random features.

namespace bochner {

/// Kernel PCA [Schoelkopf98] with K^ in place of K: the directions in feature space along which the
/// centred features of n rows vary most. The scores of a row, v_k . (phi(x) - mean phi), are those
/// of the eigenvectors of H K^ H, and exist for rows that were not seen. A component's sign is that
/// which makes its largest coefficient positive.
///
/// ```cpp
/// const FeatureMap<double> map({.input_dim = 3, .num_frequencies = 128, .seed = {1}});
/// Matrix<double> x(1000, 3);
/// Stream({2}, Purpose::study).normals(0, {x.data(), 3000});
/// const KernelPrincipalComponents components(map, x, 2);
/// Matrix<double> scores(1000, components.num_components());
/// components.transform(x, scores);
/// ```
template <Scalar T>
class KernelPrincipalComponents {
 public:
  /// O(n D^2 + 9 D^3): for up to a few thousand features. Components whose variance is no more than
  /// the rounding errors of the largest, or of the features, are left out. Throws InvalidArgument
  /// on count < 1, fewer than two rows, when features overflow, and as GramApproximation.
  KernelPrincipalComponents(FeatureMap<T> map, MatrixView<const T> x, Index count,
                            const Execution& execution = {});

  const FeatureMap<T>& map() const noexcept { return map_; }
  Index num_components() const noexcept { return directions_.cols(); }
  /// Of the scores of the n rows (over n), descending.
  std::span<const double> variances() const noexcept { return variances_; }
  /// Of all features together: what the variances are shares of.
  double total_variance() const noexcept { return total_variance_; }

  /// out = the scores of the rows of x, x.rows x num_components. O(rows (m d + D components)).
  /// Throws InvalidArgument on other shapes and as `FeatureMap::apply`.
  void transform(MatrixView<const T> x, MatrixView<double> out,
                 const Execution& execution = {}) const;

  /// The components as words and arrays, without the rows they are of: exact. Throws
  /// InvalidArgument when a number is not finite.
  Archive save() const;
  /// The inverse. Throws InvalidArgument when the archive does not hold components, or holds those
  /// of another map or scalar, saying what is wrong.
  static KernelPrincipalComponents load(FeatureMap<T> map, const Archive& archive);

 private:
  explicit KernelPrincipalComponents(FeatureMap<T> map) : map_(std::move(map)) {}

  FeatureMap<T> map_;
  std::vector<double> variances_;
  double total_variance_ = 0.0;
  Matrix<double> directions_;  ///< D x components, orthonormal columns
  std::vector<double> mean_;   ///< of the features
};

template <Scalar T>
KernelPrincipalComponents(FeatureMap<T>, ViewOf<const T>, Index, const Execution& = {})
    -> KernelPrincipalComponents<T>;

extern template class BOCHNER_EXPORT KernelPrincipalComponents<float>;
extern template class BOCHNER_EXPORT KernelPrincipalComponents<double>;

}  // namespace bochner
