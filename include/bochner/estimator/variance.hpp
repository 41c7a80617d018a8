// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <span>
#include <vector>

/// \file
/// Exact mean, bias and variance of the kernel estimate at a pair, over the draw of the
/// frequencies. docs/theory/variance.md derives the formulas.

namespace bochner {

/// The law of K = <phi(x), phi(y)> as an estimate of k(x, y), to second order. Numbers that leave
/// the range of double are infinite; their logarithms are finite, unless the number is truly
/// infinite or zero.
struct KernelMoments {
  double exact = 0.0;         ///< k(x, y)
  double mean = 0.0;          ///< E K
  double bias = 0.0;          ///< E K - k(x, y); zero unless radii are constant
  double variance = 0.0;      ///< Var K
  double log_exact = 0.0;     ///< log |k(x, y)|
  double log_variance = 0.0;  ///< log Var K; -infinity where K does not vary
  /// sqrt(E (K - k)^2) / |k|: the relative error to expect.
  double relative_error = 0.0;
  /// Whether the variance is that of independent rows, an upper estimate: coupled ones have no
  /// closed form where features have one parameter per direction.
  bool variance_is_upper = false;
};

/// At one pair. Variances are accurate to 1e-12, relative, for any argument and dimension up to
/// thousands (their logarithms to 1e-12 of their size where they leave the range of double); for
/// the kernels with stable scales (exponentiated power, generalised Cauchy) to 1e-15, absolute.
/// Orthogonal frequencies of Matern, Laplacian, Cauchy and rational quadratic kernels cost a
/// contour integral, up to a millisecond. Independent and orthogonal (chi radii: Kummer form;
/// constant radii: Bessel form) projections are exact, truncated last blocks included; Hadamard
/// projections are treated as Haar blocks of their padded dimension, which is within 6 % on dense
/// directions and 30 % on sparse ones (16 dimensions and more; below, blocks are Haar blocks).
/// Cost: a series of O(sqrt(input_dim)) terms or a quadrature of some hundred nodes, whatever the
/// norms are. Throws InvalidArgument when the spec is not valid, x or y has another length than
/// input_dim, or holds NaN, infinity or numbers whose squared sum overflows.
BOCHNER_EXPORT KernelMoments kernel_moments(const FeatureMapSpec& spec, std::span<const double> x,
                                            std::span<const double> y);

/// At the pairs (row i of x, row i of y), both n x input_dim. Throws as above, naming the row, and
/// when the row counts differ.
BOCHNER_EXPORT std::vector<KernelMoments> kernel_moments(const FeatureMapSpec& spec,
                                                         MatrixView<const double> x,
                                                         MatrixView<const double> y,
                                                         const Execution& execution = {});

/// E f^order, order 1 to 4, of what one frequency contributes to the estimate: K is the mean of
/// num_frequencies such f. With independent rows these give the law of sample moments (and with
/// them honest tolerances for tests). Infinite where it is: for OPRF features with parameter a, as
/// soon as 4 order a >= 1. Throws InvalidArgument as `kernel_moments`, and for other orders.
BOCHNER_EXPORT double row_moment(const FeatureMapSpec& spec, int order, std::span<const double> x,
                                 std::span<const double> y);

}  // namespace bochner
