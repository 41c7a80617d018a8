// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <memory>
#include <span>
#include <utility>
#include <vector>

/// \file
/// A Gram matrix that is never formed: K^ = Phi Phi^T.

namespace bochner {

namespace gram {
template <Scalar T>
class FeatureSource;
}

/// What a `GramApproximation` may keep.
struct GramStorage {
  /// Bytes for the features: where they do not fit, they are computed again, block by block, in
  /// every product. Results have the same bits either way.
  Index memory = Index{1} << 32;
};

/// K^_ij = 2^(a_i + a_j) phi_i . phi_j for the n rows of a feature map, or K^ = F F^T for a given
/// factor: symmetric, positive semidefinite, of rank at most D. Behaves like a matrix at the cost
/// of its factor. Features are in T; vectors, entries and sums are in double. The powers of two are
/// kept apart from the features throughout, so that rows of any size are as exact as others.
///
/// Products with float features carry a relative error of about 1e-6 of |K^| |b|. Results have the
/// same bits for any number of threads. Immutable, cheap to copy, safe to share between threads.
///
/// ```cpp
/// const FeatureMap<double> map({.input_dim = 3, .num_frequencies = 512, .seed = {1}});
/// Matrix<double> x(1000, 3);
/// Stream({2}, Purpose::study).normals(0, {x.data(), 3000});
/// const GramApproximation gram(map, x);
/// const std::vector<double> ones(1000, 1.0);
/// std::vector<double> row_sums(1000);
/// gram.multiply(ones, row_sums);  // K^ 1 without K^
/// ```
template <Scalar T>
class GramApproximation {
 public:
  /// The rows of x (n x input_dim, n >= 1) under `map`. O(n m d). Throws InvalidArgument as
  /// `FeatureMap::apply`, when x is empty, when the map's transform treats its sides differently
  /// (K^ would not be symmetric), and when `storage.memory` is negative.
  GramApproximation(const FeatureMap<T>& map, MatrixView<const T> x,
                    const GramStorage& storage = {}, const Execution& execution = {});
  /// K^ = F F^T; copies the n x r factor, n, r >= 1. Throws InvalidArgument on an empty one, NaN
  /// and infinity.
  explicit GramApproximation(MatrixView<const T> factor);

  Index size() const noexcept;          ///< n
  Index num_features() const noexcept;  ///< D
  bool stored() const noexcept;         ///< whether features are kept
  Index bytes() const noexcept;         ///< memory held: features, or the rows they come from

  /// out = K^ b for b and out n x k, which may be the same. O(n D k) with stored features, O(n (m d
  /// + D k)) without. Throws InvalidArgument on other shapes, NaN or infinity, and when an entry of
  /// the product overflows.
  void multiply(MatrixView<const double> b, MatrixView<double> out,
                const Execution& execution = {}) const;
  /// The same for one vector.
  void multiply(std::span<const double> b, std::span<double> out,
                const Execution& execution = {}) const;

  /// K^_ij; O(D), O(m d) without stored features. Throws InvalidArgument unless 0 <= i, j < n, and
  /// when it overflows.
  double entry(Index i, Index j) const;
  /// K^_ii for all i. O(n D). Throws InvalidArgument when one overflows.
  std::vector<double> diagonal(const Execution& execution = {}) const;
  double trace(const Execution& execution = {}) const;
  /// out_r = row which[r] of K^, for out r x n. O(r n D). Throws InvalidArgument on other shapes,
  /// an index outside [0, n) and overflow.
  void rows(std::span<const Index> which, MatrixView<double> out,
            const Execution& execution = {}) const;
  /// All n x n entries. Throws as `rows`.
  Matrix<double> to_dense(const Execution& execution = {}) const;

  /// K^ of blocks of features that clients made.
  explicit GramApproximation(std::shared_ptr<const gram::FeatureSource<T>> features)
      : features_(std::move(features)) {}
  /// The blocks of features that clients work on.
  const gram::FeatureSource<T>& features() const noexcept { return *features_; }

 private:
  std::shared_ptr<const gram::FeatureSource<T>> features_;
};

template <Scalar T>
GramApproximation(const FeatureMap<T>&, ViewOf<const T>, const GramStorage& = {},
                  const Execution& = {}) -> GramApproximation<T>;

extern template class BOCHNER_EXPORT GramApproximation<float>;
extern template class BOCHNER_EXPORT GramApproximation<double>;

}  // namespace bochner
