// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/heads.hpp>
#include <bochner/core/field.hpp>

#include <array>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// Transforms and parameters of heads, taken from data.

namespace bochner {

/// How much of a head is fitted.
enum class Calibration {
  shifts,     ///< the means (`optimal_centring`), and one parameter a
  directions  ///< softmax kernels: the covariances, too (`optimal_pair_transform`), and one
              ///< parameter a per direction; other kernels: as `shifts`
};
constexpr std::array<std::string_view, 2> names_of(Calibration) { return {"shifts", "directions"}; }

struct CalibrationOptions {
  Calibration fit = Calibration::directions;
  /// batch x L, true for queries that count; empty means that all do. Others are never read.
  MatrixView<const bool> query_mask{};
  /// The same for keys, batch x S.
  MatrixView<const bool> key_mask{};

  static constexpr auto fields() { return std::tuple{Field{"fit", &CalibrationOptions::fit}}; }
  static constexpr auto borrowed() {
    return std::tuple{Field{"query_mask", &CalibrationOptions::query_mask},
                      Field{"key_mask", &CalibrationOptions::key_mask}};
  }
};

/// What data say about one key head.
struct CalibratedHead {
  FeatureMapSpec spec;
  /// The mean of |q~ + k~|^2, after scaling and with the transform of `spec`, over pairs of a query
  /// and a key of one batch entry; of |q~ - k~|^2 for maps of differences (trigonometric).
  /// Variances grow like an exponential of it.
  double mean_square = 0.0;
};

/// The specs of a layer, one for each key head: specs(layer, h) with
///   the transform that suits the head's queries and keys (see `Calibration`), then
///   the parameters a, where the features have some, that are optimal for the mean squares of
///   q~ + k~ that are left (`with_optimal_parameters`): what hyperbolic OPRF features are for.
/// A sample of queries (batch x heads x L x d) and keys (batch x key_heads x S x d) of the layer is
/// enough, before the kernel's scaling; with `Calibration::directions` of more rows than d. The
/// transform is exact: it changes no kernel value.
///
/// ```cpp
/// const HeadSpecs specs({.input_dim = 8, .num_frequencies = 64,
///                        .kernel = SoftmaxKernel::for_dimension(8),
///                        .features = HyperbolicOprfFeatures{}, .seed = {1}});
/// const std::vector<float> x(2 * 20 * 8, 0.1f);
/// const TensorView<const float, 4> rows(x.data(), {1, 2, 20, 8});  // two heads
/// std::vector<FeatureMap<float>> maps;  // for attention and its relatives
/// for (const CalibratedHead& head : calibrate<float>(specs, 0, rows, rows)) {
///   maps.emplace_back(head.spec);
/// }
/// ```
///
/// O((L + S) d^2 + d^3) per head, O((L + S) d) for shifts. The same bits for any number of threads.
/// Throws InvalidArgument when the kernel is neither softmax nor Gaussian, when the error of the
/// features depends on more than that square, when `layer` is negative, extents do not fit, a head
/// has no pair that counts, or a row that counts is not finite.
template <Scalar T>
std::vector<CalibratedHead> calibrate(const HeadSpecs& specs, Index layer,
                                      TensorView<const T, 4> queries, TensorView<const T, 4> keys,
                                      const CalibrationOptions& options = {},
                                      const Execution& execution = {});

extern template BOCHNER_EXPORT std::vector<CalibratedHead> calibrate<float>(
    const HeadSpecs&, Index, TensorView<const float, 4>, TensorView<const float, 4>,
    const CalibrationOptions&, const Execution&);
extern template BOCHNER_EXPORT std::vector<CalibratedHead> calibrate<double>(
    const HeadSpecs&, Index, TensorView<const double, 4>, TensorView<const double, 4>,
    const CalibrationOptions&, const Execution&);

}  // namespace bochner
