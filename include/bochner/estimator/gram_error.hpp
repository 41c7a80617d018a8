// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <string_view>

/// \file
/// The error of an approximate Gram matrix before it is computed: closed forms summed over its
/// entries.

namespace bochner {

/// What to expect of |K^ - K|_F, K^ the approximate and K the exact matrix. Numbers that leave the
/// range of double are infinite, their logarithms finite.
struct PredictedGramError {
  double squared_error = 0.0;      ///< E |K^ - K|_F^2 = sum of variances and squared biases
  double squared_norm = 0.0;       ///< |K|_F^2, exactly
  double log_squared_error = 0.0;  ///< log of the first; -infinity for zero
  double log_squared_norm = 0.0;   ///< log of the second
  double relative_error = 0.0;     ///< sqrt(squared_error / squared_norm)
};

/// How columns whose errors depend on each other are grouped.
enum class ColumnGroups {
  blocks,    ///< blocks of equal size, the last one truncated
  sketches,  ///< one sketch for each binary digit of the number of columns
};
constexpr std::array<std::string_view, 2> names_of(ColumnGroups) { return {"blocks", "sketches"}; }

/// The prediction as a function of the number of frequencies: the sums over the matrix are taken
/// once, each `at` is O(1).
struct BOCHNER_EXPORT GramErrorCurve {
  double log_row_variance = 0.0;    ///< log of the sum over entries of one row's variance
  double log_pair_variance = 0.0;   ///< the same of twice that of the mean of a pair
  double log_block_variance = 0.0;  ///< the same of block_size times that of a whole block's mean
  double log_squared_bias = 0.0;    ///< log of the sum of squared biases; -infinity for none
  double log_squared_norm = 0.0;    ///< log |K|_F^2
  Index block_size = 1;             ///< rows of a block: whole multiples waste nothing
  Index pair_size = 1;              ///< 2 where rows come in pairs: opposite, or of paired radii
  Index exact_columns = 0;          ///< columns without error, which come first
  ColumnGroups groups = ColumnGroups::blocks;

  /// With m frequencies, all else as in the spec. Not monotone in m where the last block is
  /// truncated. Throws InvalidArgument when m < 1 or no more than the exact columns.
  PredictedGramError at(Index num_frequencies) const;
};

/// The curve for K_ij = k(x_i, y_j), x (n x input_dim) as queries and y (l x input_dim) as
/// keys. `spec.num_frequencies` is not used. A table and a polynomial per entry: about 50 ns, plus
/// input_dim additions and multiplications. O(l input_dim) memory. Same bits for any number of
/// threads. Throws InvalidArgument when the spec is not valid, columns are not input_dim, or a row
/// holds NaN, infinity or numbers whose squared sum overflows.
template <Scalar T>
GramErrorCurve gram_error_curve(const FeatureMapSpec& spec, MatrixView<const T> x,
                                MatrixView<const T> y, const Execution& execution = {});

/// The curve for the Gram matrix of x, at half the cost.
template <Scalar T>
GramErrorCurve gram_error_curve(const FeatureMapSpec& spec, MatrixView<const T> x,
                                const Execution& execution = {});

/// One point of the curve: the error with `spec.num_frequencies` frequencies.
template <Scalar T>
PredictedGramError gram_error(const FeatureMapSpec& spec, MatrixView<const T> x,
                              MatrixView<const T> y, const Execution& execution = {});

/// The same for the Gram matrix of x.
template <Scalar T>
PredictedGramError gram_error(const FeatureMapSpec& spec, MatrixView<const T> x,
                              const Execution& execution = {});

/// The same from matrices, without naming the scalar.
template <DenseMatrix X>
GramErrorCurve gram_error_curve(const FeatureMapSpec& spec, const X& x,
                                const Execution& execution = {}) {
  return gram_error_curve(spec, MatrixView<const ScalarOf<X>>(x), execution);
}
template <DenseMatrix X>
GramErrorCurve gram_error_curve(const FeatureMapSpec& spec, const X& x, ViewOf<const ScalarOf<X>> y,
                                const Execution& execution = {}) {
  return gram_error_curve(spec, MatrixView<const ScalarOf<X>>(x), y, execution);
}
template <DenseMatrix X>
PredictedGramError gram_error(const FeatureMapSpec& spec, const X& x,
                              const Execution& execution = {}) {
  return gram_error(spec, MatrixView<const ScalarOf<X>>(x), execution);
}
template <DenseMatrix X>
PredictedGramError gram_error(const FeatureMapSpec& spec, const X& x, ViewOf<const ScalarOf<X>> y,
                              const Execution& execution = {}) {
  return gram_error(spec, MatrixView<const ScalarOf<X>>(x), y, execution);
}

extern template BOCHNER_EXPORT GramErrorCurve gram_error_curve<float>(const FeatureMapSpec&,
                                                                      MatrixView<const float>,
                                                                      MatrixView<const float>,
                                                                      const Execution&);
extern template BOCHNER_EXPORT GramErrorCurve gram_error_curve<double>(const FeatureMapSpec&,
                                                                       MatrixView<const double>,
                                                                       MatrixView<const double>,
                                                                       const Execution&);
extern template BOCHNER_EXPORT GramErrorCurve gram_error_curve<float>(const FeatureMapSpec&,
                                                                      MatrixView<const float>,
                                                                      const Execution&);
extern template BOCHNER_EXPORT GramErrorCurve gram_error_curve<double>(const FeatureMapSpec&,
                                                                       MatrixView<const double>,
                                                                       const Execution&);
extern template BOCHNER_EXPORT PredictedGramError gram_error<float>(const FeatureMapSpec&,
                                                                    MatrixView<const float>,
                                                                    MatrixView<const float>,
                                                                    const Execution&);
extern template BOCHNER_EXPORT PredictedGramError gram_error<double>(const FeatureMapSpec&,
                                                                     MatrixView<const double>,
                                                                     MatrixView<const double>,
                                                                     const Execution&);
extern template BOCHNER_EXPORT PredictedGramError gram_error<float>(const FeatureMapSpec&,
                                                                    MatrixView<const float>,
                                                                    const Execution&);
extern template BOCHNER_EXPORT PredictedGramError gram_error<double>(const FeatureMapSpec&,
                                                                     MatrixView<const double>,
                                                                     const Execution&);

}  // namespace bochner
