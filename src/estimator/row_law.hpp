// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"
#include "estimator/mixture.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// \file
/// What a spec's alternatives mean for the error of its estimate. A new feature function or
/// projection says it here, once; everything in this layer follows.

namespace bochner {

/// A frequency w contributes f(w) = U h(w) to the estimate of k(x, y), where U depends on the pair
/// only and h on one vector v of transformed inputs through w.v:
///   difference, even:  h = cos(w.v),  v = x~ - y~  (plus cos(w.(x~ + y~) + 2u) for a random phase)
///   sum, one-sided:    h = e^{B w.v},      v = x~ + y~
///   sum, even:         h = cosh(B w.v),    v = x~ + y~
/// times (1 - 4a)^{d/2} e^{2a |w|^2} and with B = sqrt(1 - 4a) for the last two.
struct RowLaw {
  /// Products of projections depend on more than one number: see `ProductLaw`.
  enum class Argument { difference, sum, product };
  enum class Sides { one, both };
  Argument argument = Argument::difference;
  Sides sides = Sides::both;
  double a = 0.0;
  double phase_variance = 0.0;  ///< 1/2 with an independent random phase, which adds it to Var h
  /// Where w is not normal: E cos(w.v) as a function of s = |v|^2, the kernel itself. Empty:
  /// e^{-s/2}.
  std::function<double(double)> profile{};
  /// Where w = sqrt(u) g is not normal and u has an elementary density: its law.
  std::shared_ptr<const std::vector<ScaleNode>> scales{};

  /// log k(x, y) - log U = sign s / 2, s = |v|^2.
  double sign() const { return argument == Argument::sum ? 1.0 : -1.0; }

  /// The logarithm of the natural unit of h at s: e^{s/2} = k / U for maps of sums, whose moments
  /// leave the range of double with it, and 1 for others, whose h is bounded.
  double natural(double s) const { return argument == Argument::sum ? 0.5 * s : 0.0; }
};

/// How frequencies hang together: independent blocks of `size` rows, the last one truncated. Two
/// rows of a block have directions of a fixed angle in `dim` dimensions and independent radii; or
/// rows 2i and 2i + 1 are opposite, and pairs are what is orthogonal.
struct BlockLaw {
  /// sketch: one for each binary digit of the number of rows, whatever `size`.
  enum class Pairing { none, opposite, sketch };

  Index size = 1;  ///< 1: independent rows
  double dim = 1.0;
  Radii radii = Radii::sampled;
  double cosine = 0.0;  ///< of the angle between directions; 0: orthogonal
  Pairing pairing = Pairing::none;
  Index exact = 0;  ///< columns without error, which are none of the rows

  /// With m frequencies, m Var = rows V + pairs W + blocks B, a sum of non-negative numbers: V the
  /// variance of a row, W twice that of the mean of an opposite pair, B size times that of a whole
  /// block's mean. The shares are in [0, 1] and sum to one.
  struct Shares {
    double rows = 1.0;
    double pairs = 0.0;
    double blocks = 0.0;

    /// rows V + pairs W + blocks B; what has no share may be infinite.
    double mix(double row, double pair, double block) const;
  };
  /// Of a sketch a row alone has V, many buckets together B.
  Shares shares(Index num_frequencies) const;
};

RowLaw row_law(const FeatureFunction& features);
RowLaw row_law(const Kernel& kernel, const FeatureFunction& features);
BlockLaw block_law(const Projection& projection, Index input_dim);
/// With what the feature function has to say: exact columns.
BlockLaw block_law(const FeatureMapSpec& spec);
/// The fewest frequencies that the spec's other members allow.
Index least_frequencies(const FeatureMapSpec& spec);

/// Why the variance of this combination has no closed form here, or nothing when it has one.
std::optional<std::string> closed_form_gap(const Kernel& kernel, const Projection& projection);

}  // namespace bochner
