// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bochner/core/field.hpp>
#include <bochner/core/view.hpp>
#include <bochner/estimator/kernel_estimate.hpp>
#include <bochner/export.hpp>
#include <bochner/feature_map.hpp>
#include <bochner/random/stream.hpp>

#include <array>
#include <functional>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

/// \file
/// How far results that are computed from features depend on the draw of the frequencies.

namespace bochner {

/// How other draws are imitated by the one there is.
enum class Resampling {
  automatic,  ///< the jackknife of eight blocks or more, else the bootstrap
  jackknife,  ///< groups of blocks are left out, one after the other: smooth results
  bootstrap   ///< blocks are drawn with replacement: few blocks, and results that are not smooth
};
constexpr std::array<std::string_view, 3> names_of(Resampling) {
  return {"automatic", "jackknife", "bootstrap"};
}

struct FeatureErrorOptions {
  Resampling resampling = Resampling::automatic;
  Index replicates = 200;  ///< of the bootstrap, at least 2
  Seed seed{};             ///< of the bootstrap

  static constexpr auto fields() {
    return std::tuple{Field{"resampling", &FeatureErrorOptions::resampling},
                      Field{"replicates", &FeatureErrorOptions::replicates},
                      Field{"seed", &FeatureErrorOptions::seed}};
  }
};

/// Results, and what the random frequencies add to them: entry r of every list is of result r.
struct BOCHNER_EXPORT FeatureErrors {
  std::vector<double> value;           ///< of the draw as it is
  std::vector<double> standard_error;  ///< over draws
  /// An estimate of E value - value at infinitely many frequencies; not subtracted from `value`.
  /// What is of the first order in one over the number of blocks: the rest remains.
  std::vector<double> bias;
  std::vector<double> degrees_of_freedom;  ///< of `standard_error`
  Index num_frequencies = 0;
  Index block_size = 0;  ///< frequencies that were drawn together
  Index blocks = 0;      ///< independent blocks, a truncated last one included
  Resampling resampling = Resampling::jackknife;  ///< that was used

  /// value +- Student's t quantile times the standard error. Throws InvalidArgument unless
  /// 0 <= result < the number of results and level is in (0, 1).
  Interval interval(Index result, double level = 0.95) const;

  /// The frequencies, a whole number of blocks, whose standard error would be that much: errors
  /// fall with the square root of their number [Yao23]. Throws InvalidArgument unless 0 <= result <
  /// the number of results and standard_error is positive, and for more than 2^40.
  Index frequencies_needed(Index result, double standard_error) const;

  static constexpr auto fields() {
    return std::tuple{Field{"value", &FeatureErrors::value},
                      Field{"standard_error", &FeatureErrors::standard_error},
                      Field{"bias", &FeatureErrors::bias},
                      Field{"degrees_of_freedom", &FeatureErrors::degrees_of_freedom},
                      Field{"num_frequencies", &FeatureErrors::num_frequencies},
                      Field{"block_size", &FeatureErrors::block_size},
                      Field{"blocks", &FeatureErrors::blocks},
                      Field{"resampling", &FeatureErrors::resampling}};
  }
};

/// Results from weights v_j >= 0 of the frequencies, whose mean is 1: what would be computed with
/// the kernel sum_j v_j (contribution of frequency j). The columns of frequency j are j, m + j,
/// ..., and are to be multiplied by sqrt(v_j). The number of results must not depend on the
/// weights.
using FeatureFunctional = std::function<std::vector<double>(std::span<const double> weights)>;

/// T of the draw, and its error over draws of the frequencies.
///
/// Jackknife: with T_(g) the results without group g of the blocks (of at most 64 groups), the
/// others weighed up, m_g frequencies of g and h_g = m / m_g [Busing99],
///   T_J = G T - sum_g (1 - 1 / h_g) T_(g),  bias = T - T_J,
///   standard_error^2 = (1 / G) sum_g (h_g T - (h_g - 1) T_(g) - T_J)^2 / (h_g - 1),
/// m / m_1 - 1 degrees of freedom. Bootstrap [Yao23]: B blocks are drawn from the B with
/// replacement; standard_error^2 is B / (B - 1) times the variance over replicates, with
/// m / block_size - 1 degrees of freedom (B - 1 where the last block is whole), and the bias the
/// mean over replicates less T. Yao, Erichson and Lopes
/// resample rows, which there are independent; here blocks are, of coupled frequencies.
///
/// The error is that of the features alone, not of the data. Calls the functional G + 1 or
/// replicates + 1 times. Throws InvalidArgument on options out of range, when the draw has fewer
/// than two independent blocks (Sobol' frequencies, sketches and exact columns are one block), and
/// when the functional changes its number of results or gives a number that is not finite.
BOCHNER_EXPORT FeatureErrors feature_error(const FeatureMapSpec& spec,
                                           const FeatureFunctional& functional,
                                           const FeatureErrorOptions& options = {});

/// Results from weights of two maps.
using PairFunctional =
    std::function<std::vector<double>(std::span<const double> x, std::span<const double> y)>;

/// The same of two maps, drawn independently where their seeds differ: each is resampled with the
/// other as it is, variances and biases add up, and degrees of freedom are those of
/// [Satterthwaite46]. Maps of one seed are resampled together, and must have the same number of
/// frequencies in the same blocks. `num_frequencies`, `block_size` and `blocks` are those of the
/// map with fewer blocks.
BOCHNER_EXPORT FeatureErrors feature_error(const FeatureMapSpec& x, const FeatureMapSpec& y,
                                           const PairFunctional& functional,
                                           const FeatureErrorOptions& options = {});

}  // namespace bochner
