// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>
#include <bochner/kernel/kernel.hpp>

/// \file
/// Gram matrices entry by entry, exact and approximate, and the distance between the two.

namespace bochner {

/// out_ij = k(x_i, y_j) for x n x d, y l x d, out n x l; O(n l d) by blocks, in double. Equal rows
/// give exactly k(x, x). Throws InvalidArgument on shapes that do not match, on NaN or infinity in
/// x or y (naming row and column), on invalid kernel options, and when an entry overflows.
BOCHNER_EXPORT void exact_gram(const Kernel& kernel, MatrixView<const double> x,
                               MatrixView<const double> y, MatrixView<double> out,
                               const Execution& execution = {});

/// The same as a matrix: n x l, or n x n for the rows of x alone.
BOCHNER_EXPORT Matrix<double> exact_gram(const Kernel& kernel, MatrixView<const double> x,
                                         MatrixView<const double> y,
                                         const Execution& execution = {});
BOCHNER_EXPORT Matrix<double> exact_gram(const Kernel& kernel, MatrixView<const double> x,
                                         const Execution& execution = {});
BOCHNER_EXPORT Matrix<double> exact_gram(const Kernel& kernel, MatrixView<const float> x,
                                         const Execution& execution = {});

/// out_ij = 2^(a_i + b_j) phi(x_i) . phi(y_j), x as queries, y as keys; O(n l D + (n + l) m d).
/// Throws as `FeatureMap::apply`, when out overlaps x or y, and when an entry overflows.
template <Scalar T>
void approximate_gram(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                      MatrixView<double> out, const Execution& execution = {});

/// How far an approximate Gram matrix is from the exact one.
struct MeasuredGramError {
  double squared_error = 0.0;  ///< |K^ - K|_F^2
  double squared_norm = 0.0;   ///< |K|_F^2
  /// |K^ - K|_F / |K|_F. Throws InvalidArgument when K is zero.
  BOCHNER_EXPORT double relative() const;
};

/// The distance between `approximate_gram` and `exact_gram` of the map's kernel on the same rows,
/// streamed: neither matrix is formed. O(n l (D + d)). Throws as those two and when
/// the squares leave the range of double.
template <Scalar T>
MeasuredGramError gram_distance(const FeatureMap<T>& map, ViewOf<const T> x, ViewOf<const T> y,
                                const Execution& execution = {});

extern template BOCHNER_EXPORT void approximate_gram<float>(const FeatureMap<float>&,
                                                            MatrixView<const float>,
                                                            MatrixView<const float>,
                                                            MatrixView<double>, const Execution&);
extern template BOCHNER_EXPORT void approximate_gram<double>(const FeatureMap<double>&,
                                                             MatrixView<const double>,
                                                             MatrixView<const double>,
                                                             MatrixView<double>, const Execution&);
extern template BOCHNER_EXPORT MeasuredGramError gram_distance<float>(const FeatureMap<float>&,
                                                                      MatrixView<const float>,
                                                                      MatrixView<const float>,
                                                                      const Execution&);
extern template BOCHNER_EXPORT MeasuredGramError gram_distance<double>(const FeatureMap<double>&,
                                                                       MatrixView<const double>,
                                                                       MatrixView<const double>,
                                                                       const Execution&);

}  // namespace bochner
