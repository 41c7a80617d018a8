// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/export.hpp>
#include <bochner/kernel/kernel.hpp>

#include <span>
#include <string_view>
#include <tuple>
#include <variant>

/// \file
/// Scales of kernels taken from data: named functions whose result is a number in a spec.

namespace bochner {

/// The median rule: the median Euclidean distance between two different rows of x (n x d). Over all
/// pairs up to 2,048 rows, beyond that over 2^21 pairs drawn with a fixed seed; O(d) per pair.
/// Coordinates that are neighbouring numbers count as equal.
///
/// Weights (one per row, or none for ones) are numbers of copies: rows i and j make w_i w_j pairs,
/// and the copies of one row, where w_i > 1, w_i (w_i - 1) / 2 of distance 0. So whole weights say
/// the same as repeated rows, and a row of weight 0 is left out. Beyond 2,048 rows of positive
/// weight, pairs are drawn in proportion to w_i w_j.
///
/// Throws InvalidArgument when n < 2, when there is no column, on NaN or infinity, on weights that
/// are not one per row, not finite, negative, or positive for fewer than two rows, when the median
/// is zero (more than half of the pairs are duplicates) and when it overflows.
BOCHNER_EXPORT double median_lengthscale(MatrixView<const double> x,
                                         std::span<const double> weights = {});
BOCHNER_EXPORT double median_lengthscale(MatrixView<const float> x,
                                         std::span<const double> weights = {});

/// The mean of |x_i + y_j|^2 over all pairs, from means and variances of columns: O((n + l) d).
/// It decides how hard a softmax kernel is for positive features. Throws InvalidArgument when a
/// view is empty, column counts differ, on NaN or infinity, and when the mean leaves the range of
/// double.
BOCHNER_EXPORT double mean_square_sum(MatrixView<const double> x, MatrixView<const double> y);

/// The softmax scale s for which the mean of |sqrt(s) (x_i + y_j)|^2 is `target` (positive,
/// finite): target / mean_square_sum(x, y). Throws InvalidArgument as `mean_square_sum`, and when
/// all pairs sum to zero or the scale leaves the range of double.
BOCHNER_EXPORT double softmax_scale_for(MatrixView<const double> x, MatrixView<const double> y,
                                        double target);

/// The kernel says its scale.
struct GivenScale {
  static constexpr std::string_view name = "given";
  static constexpr auto fields() { return std::tuple{}; }
  void set(Kernel& /*kernel*/, MatrixView<const double> /*rows*/,
           std::span<const double> /*weights*/) const {}
};
/// A lengthscale by `median_lengthscale`.
struct MedianScale {
  static constexpr std::string_view name = "median";
  static constexpr auto fields() { return std::tuple{}; }
  BOCHNER_EXPORT void set(Kernel& kernel, MatrixView<const double> rows,
                          std::span<const double> weights) const;
};
/// 1 / sqrt(d), of softmax kernels.
struct DimensionScale {
  static constexpr std::string_view name = "dimension";
  static constexpr auto fields() { return std::tuple{}; }
  BOCHNER_EXPORT void set(Kernel& kernel, MatrixView<const double> rows,
                          std::span<const double> weights) const;
};
/// The scale of a softmax kernel by `softmax_scale_for`, means of rows being weighted.
struct MeanSquareSumScale {
  double target = 0.0;
  static constexpr std::string_view name = "mean-square-sum";
  static constexpr auto fields() {
    return std::tuple{Field{"target", &MeanSquareSumScale::target}};
  }
  BOCHNER_EXPORT void set(Kernel& kernel, MatrixView<const double> rows,
                          std::span<const double> weights) const;
};
/// Where the scale of a kernel comes from: its lengthscale, or the factor of x.y. Each rule leaves
/// kernels without a scale of its sort as they are.
using ScaleRule = std::variant<GivenScale, MedianScale, DimensionScale, MeanSquareSumScale>;

/// `kernel` with its scale by `rule` from the rows (n x d), weighted or (no weights) not; unchanged
/// if it has no such scale. Throws as the functions above.
BOCHNER_EXPORT Kernel with_scale(Kernel kernel, const ScaleRule& rule,
                                 MatrixView<const double> rows,
                                 std::span<const double> weights = {});

}  // namespace bochner
