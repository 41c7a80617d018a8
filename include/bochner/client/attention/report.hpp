// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/client/attention/attention.hpp>
#include <bochner/core/field.hpp>

#include <array>
#include <string>
#include <string_view>
#include <tuple>

/// \file
/// How good attention by random features is on given inputs, and what would make it better.

namespace bochner {

/// What to do about the error.
enum class AttentionAdvice {
  fine,              ///< the error is at most 10 %
  keep_exact,        ///< exact attention is faster than random features that reach 10 %
  more_frequencies,  ///< m too small
  change_map,        ///< hyperbolic OPRF features with the parameter of the data
  centre             ///< the same map, centred
};
constexpr std::array<std::string_view, 5> names_of(AttentionAdvice) {
  return {"fine", "keep-exact", "more-frequencies", "change-map", "centre"};
}

/// |q~ + k~|^2 over pairs of a sampled query and a key that it sees, after the kernel's scaling and
/// the map's centring; |q~ - k~|^2 for maps of differences (trigonometric). Variances grow like
/// exponentials of it.
struct EffectiveNorms {
  double mean = 0.0;
  double median = 0.0;
  double upper = 0.0;  ///< 95 % are below
  double largest = 0.0;

  static constexpr auto fields() {
    return std::tuple{
        Field{"mean", &EffectiveNorms::mean}, Field{"median", &EffectiveNorms::median},
        Field{"upper", &EffectiveNorms::upper}, Field{"largest", &EffectiveNorms::largest}};
  }
};

/// Errors are root mean squares over the sampled rows, relative to that of the exact outputs.
struct AttentionComparison {
  AttentionReport attention;     ///< of the whole output: empty rows, underflow, arithmetic
  Index rows = 0;                ///< sampled rows that see a key
  double output_error = 0.0;     ///< |o^ - o| / |o|, measured
  double predicted_error = 0.0;  ///< the same from the closed form
  /// Whether the prediction can be relied on: the mean of |q + k|^2 is at most 2. Beyond, it is
  /// dominated by mass that no sample sees.
  bool prediction_holds = false;
  /// Whether it is an upper estimate: frequencies are quasi-random, or coupled with one parameter
  /// per direction, and treated as independent ones.
  bool prediction_is_upper = false;
  EffectiveNorms norms;
  double centred_mean = 0.0;  ///< norms.mean if queries and keys were centred
  AttentionAdvice advice = AttentionAdvice::fine;
  Index frequencies_needed = 0;  ///< for an error of 10 % at the rate m^(-1/2), in whole blocks
  std::string sentence;          ///< the advice, in one sentence

  static constexpr auto fields() {
    return std::tuple{Field{"attention", &AttentionComparison::attention},
                      Field{"rows", &AttentionComparison::rows},
                      Field{"output_error", &AttentionComparison::output_error},
                      Field{"predicted_error", &AttentionComparison::predicted_error},
                      Field{"prediction_holds", &AttentionComparison::prediction_holds},
                      Field{"prediction_is_upper", &AttentionComparison::prediction_is_upper},
                      Field{"norms", &AttentionComparison::norms},
                      Field{"centred_mean", &AttentionComparison::centred_mean},
                      Field{"advice", &AttentionComparison::advice},
                      Field{"frequencies_needed", &AttentionComparison::frequencies_needed},
                      Field{"sentence", &AttentionComparison::sentence}};
  }
};

/// Runs `attention` and compares up to `sample_rows` rows of its output, one from each of equal
/// stretches of all rows (at random by the map's seed), with exact attention in the inputs'
/// precision.
///
/// The prediction is `output_error`, coupling of frequencies and bias of constant radii included;
/// norms and prediction use all keys that a query sees when there are at most 512, otherwise 512,
/// one from each of equal stretches, which errs on the high side. Centring and other maps are
/// judged by their predictions at the same number of features, speed by `attention_backend`.
///
/// The time of `attention`, and O(S d + 512^2 (1 + d + d_v)) per sampled row; memory for one output
/// and sample_rows x S weights. The same bits for any number of threads. Throws InvalidArgument
/// when sample_rows < 1, when the kernel is neither softmax nor Gaussian, when a sampled query or
/// what it sees is not finite, and as `attention`.
template <Scalar T>
AttentionComparison attention_report(const FeatureMap<T>& map, const AttentionInputs<T>& inputs,
                                     Index sample_rows = 64, const AttentionOptions& options = {},
                                     const Execution& execution = {});

extern template BOCHNER_EXPORT AttentionComparison
attention_report<float>(const FeatureMap<float>&, const AttentionInputs<float>&, Index,
                        const AttentionOptions&, const Execution&);
extern template BOCHNER_EXPORT AttentionComparison
attention_report<double>(const FeatureMap<double>&, const AttentionInputs<double>&, Index,
                         const AttentionOptions&, const Execution&);

}  // namespace bochner
