// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/execution.hpp>
#include <bochner/core/matrix.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>

/// \file
/// How many frequencies an error needs. `recommend.hpp` chooses the map.

namespace bochner {

/// What stands behind a number of frequencies.
enum class Basis {
  asymptotic,  ///< the exact variance and a normal law: an approximation, good for many blocks
  chebyshev,   ///< the exact variance and Chebyshev's inequality: a guarantee
  bernstein,   ///< Bernstein's inequality over whole blocks: a guarantee, bounded features only
  median_of_means,  ///< a guarantee for the median of the means of groups of whole blocks
};

constexpr std::array<std::string_view, 4> names_of(Basis) {
  return {"asymptotic", "chebyshev", "bernstein", "median-of-means"};
}

/// Whether an error is measured in units of the kernel value or of one.
enum class ErrorUnit { relative, absolute };

constexpr std::array<std::string_view, 2> names_of(ErrorUnit) { return {"relative", "absolute"}; }

/// What is wanted: an error of at most `error` with probability `confidence`.
struct ErrorTarget {
  double error = 0.1;  ///< positive, finite
  ErrorUnit unit = ErrorUnit::relative;
  double confidence = 0.95;  ///< in (0, 1)
};

/// The answer.
///
/// ```cpp
/// Matrix<double> x(200, 8);
/// Stream({1}, Purpose::study).normals(0, {x.data(), 1600});
/// const FeatureMapSpec spec{.input_dim = 8, .num_frequencies = 8, .seed = {1}};
/// const FrequencyPlan plan = frequencies_needed(spec, x, x, {.error = 0.05});
/// const Index m = plan.whole_blocks;  // `plan.statement` says what stands behind it
/// ```
struct FrequencyPlan {
  Index num_frequencies = 0;  ///< the smallest number that reaches the target; 0: none does
  Index whole_blocks = 0;     ///< the smallest such whole number of blocks, as frequencies
  /// log10 of about how many it takes, also where that is far beyond what can be counted (more than
  /// 2^40); infinite where no number does.
  double log10_frequencies = 0.0;
  double root_mean_square = 0.0;    ///< of the error with `num_frequencies`, in the target's unit
  Basis basis = Basis::asymptotic;  ///< what the number rests on
  std::string statement;            ///< the promise in one sentence
  std::string warning;              ///< empty, or why not to trust or use this map here
};

/// For the estimate of k(x, y) at one pair. `spec.num_frequencies` is not used. The variance is not
/// monotone in the number of frequencies where the last block is truncated, so the smallest one is
/// found by bisection among those with the same remainder: O(b log m) for blocks of b;
/// `whole_blocks` is the recommended choice. Median of means: the frequencies of ceil(8 log(1 / (1
/// - confidence))) groups together [Lugosi19]. Throws InvalidArgument when the spec, the pair or
/// the target is not valid, when the projection has no closed form, or when Bernstein's inequality
/// is asked of unbounded features.
BOCHNER_EXPORT FrequencyPlan frequencies_needed(const FeatureMapSpec& spec,
                                                std::span<const double> x,
                                                std::span<const double> y,
                                                const ErrorTarget& target,
                                                Basis basis = Basis::asymptotic);

/// For the Frobenius error of the approximate Gram matrix of the rows of x (queries) and y (keys),
/// relative to |K|_F or absolute. Basis `asymptotic` asks that the root mean square error be the
/// target, whatever the confidence; `chebyshev` that Markov's inequality for the squared error
/// gives the confidence; the others are refused. O(n l) closed forms, once. Throws as above.
BOCHNER_EXPORT FrequencyPlan frequencies_needed(
    const FeatureMapSpec& spec, MatrixView<const double> x, MatrixView<const double> y,
    const ErrorTarget& target, Basis basis = Basis::asymptotic, const Execution& execution = {});

inline FrequencyPlan frequencies_needed(const FeatureMapSpec& spec, MatrixView<const float> x,
                                        MatrixView<const float> y, const ErrorTarget& target,
                                        Basis basis = Basis::asymptotic,
                                        const Execution& execution = {}) {
  return frequencies_needed(spec, in_double(x).view(), in_double(y).view(), target, basis,
                            execution);
}

/// For the largest absolute error over all pairs of a ball of `radius` (after the kernel's scaling)
/// at once: [Sutherland15, prop. 1 and 2] with their constants, for independent trigonometric or
/// random-phase features of the Gaussian kernel; a guarantee, usually several times too large. For
/// features of the softmax kernel no constants are known: the plan has no number and its statement
/// quotes the rate of [Choromanski21, thm 4]. Throws InvalidArgument for other maps.
BOCHNER_EXPORT FrequencyPlan frequencies_needed_uniformly(const FeatureMapSpec& spec, double radius,
                                                          const ErrorTarget& target);

/// The reverse: what to expect of a spec on data.
struct ExpectedError {
  double root_mean_square = 0.0;  ///< of |K^ - K|_F / |K|_F
  double mean_square_sum = 0.0;   ///< mean |x~ + y~|^2 over pairs, after scaling and centring
  std::string warning;            ///< empty, or why the number says little
};
/// O(n l) closed forms. Throws InvalidArgument as `gram_error`.
BOCHNER_EXPORT ExpectedError error_expected(const FeatureMapSpec& spec, MatrixView<const double> x,
                                            MatrixView<const double> y,
                                            const Execution& execution = {});
inline ExpectedError error_expected(const FeatureMapSpec& spec, MatrixView<const float> x,
                                    MatrixView<const float> y, const Execution& execution = {}) {
  return error_expected(spec, in_double(x).view(), in_double(y).view(), execution);
}

}  // namespace bochner
