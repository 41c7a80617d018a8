// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/core/field.hpp>

#include <array>
#include <string_view>
#include <tuple>

/// \file
/// Attention with its standard errors.

namespace bochner {

/// What stands behind the standard errors of `attention_with_error`.
enum class AttentionErrorSource {
  blocks,  ///< the jackknife over independent blocks of the frequencies of this one draw
  redraws  ///< the spread of fresh draws: there are too few blocks
};
constexpr std::array<std::string_view, 2> names_of(AttentionErrorSource) {
  return {"blocks", "redraws"};
}

struct AttentionErrorOptions {
  /// Fresh draws where the map has fewer than 8 whole independent blocks; at least 2. Their seeds
  /// are the map's plus 1, 2, ...
  int redraws = 8;

  static constexpr auto fields() {
    return std::tuple{Field{"redraws", &AttentionErrorOptions::redraws}};
  }
};

struct BOCHNER_EXPORT AttentionErrorReport {
  AttentionReport attention;  ///< of the output
  AttentionErrorSource source = AttentionErrorSource::blocks;
  Index groups = 0;                 ///< blocks (in groups of equal size when over 64), or redraws
  double degrees_of_freedom = 0.0;  ///< of every standard error

  /// Student's t quantile: out +- factor(level) standard_error is an interval of nominal coverage
  /// `level`, in (0, 1). Measured coverage falls short where |q + k|^2 is large
  /// (docs/attention.md). Throws InvalidArgument for other levels.
  double factor(double level = 0.95) const;

  static constexpr auto fields() {
    return std::tuple{Field{"attention", &AttentionErrorReport::attention},
                      Field{"source", &AttentionErrorReport::source},
                      Field{"groups", &AttentionErrorReport::groups},
                      Field{"degrees_of_freedom", &AttentionErrorReport::degrees_of_freedom}};
  }
};

/// `attention` with the standard error of each entry of `out`, as an estimate of the ratio's limit
/// for many frequencies (exact attention, unless radii are constant: no spread shows their bias).
/// `out` has the bits of `attention`.
///
/// With 8 whole blocks of frequencies or more (rows of an independent projection, blocks of
/// input_dim or the padded dimension of others): the jackknife of the ratio. With o_(b) the output
/// of all blocks but b, m_b the frequencies of b and h_b = m / m_b [Busing99],
///   o_J = B o - sum (1 - 1 / h_b) o_(b),
///   standard_error^2 = 1/B sum (h_b o - (h_b - 1) o_(b) - o_J)^2 / (h_b - 1),
/// for equal blocks the textbook formula. Otherwise: the root of the sample variance of `redraws`
/// fresh draws, which are independent of `out`.
///
/// `standard_error` is batch x heads x L x d_v, or x 1 for one number per row: the root of the sum
/// of squares over its entries. 0 for rows that see no key; NaN where a normaliser vanishes without
/// some block. About twice the time of `attention`, causal heads in parallel only with each other;
/// with redraws, 1 + redraws times. Throws as `attention`, and when redraws < 2.
template <Scalar T>
AttentionErrorReport attention_with_error(const FeatureMap<T>& map,
                                          const AttentionInputs<T>& inputs, TensorView<T, 4> out,
                                          TensorView<T, 4> standard_error,
                                          const AttentionOptions& options = {},
                                          const AttentionErrorOptions& error_options = {},
                                          const Execution& execution = {});

extern template BOCHNER_EXPORT AttentionErrorReport attention_with_error<float>(
    const FeatureMap<float>&, const AttentionInputs<float>&, TensorView<float, 4>,
    TensorView<float, 4>, const AttentionOptions&, const AttentionErrorOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionErrorReport attention_with_error<double>(
    const FeatureMap<double>&, const AttentionInputs<double>&, TensorView<double, 4>,
    TensorView<double, 4>, const AttentionOptions&, const AttentionErrorOptions&, const Execution&);

}  // namespace bochner
