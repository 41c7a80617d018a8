// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/scale_law.hpp"

#include <functional>
#include <memory>
#include <vector>

/// \file
/// What a feature function means for the error of an estimate.

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
  /// Not empty: one a per coordinate in place of `a`, for which h depends on w.(B v), B diagonal.
  std::vector<double> directions{};
  double log_growth = 0.0;      ///< of `directions`: sum_l log((1 - 4a_l)^2 / (1 - 8a_l)) / 2
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

}  // namespace bochner
