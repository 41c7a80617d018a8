// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/feature_map.hpp"
#include "core/door.hpp"
#include "estimator/row_law.hpp"
#include "feature_map/side_terms.hpp"
#include "kernel/standard_form.hpp"

#include <vector>

/// \file
/// From a pair of inputs to the one number that its moments depend on, and its scale.

namespace bochner::estimator {

/// For each side, x~ = A (x - centre), with an A of its own, and a log-factor a(x), such that with
/// s = |x~ -+ y~|^2
///   U = exp(a(x) + b(y)),  k(x, y) = U exp(-+ s / 2)
/// (upper sign for maps of differences, lower for maps of sums; see `RowLaw`), U profile(s) where
/// frequencies are not normal.
class PairGeometry {
 public:
  /// Throws InvalidArgument when the spec is not valid; the door refuses one without a closed form.
  PairGeometry(const Door& door, const FeatureMapSpec& spec);

  Index dim() const noexcept { return dim_; }
  RowLaw::Argument argument() const noexcept { return law_.argument; }
  /// Whether k(x, y), and with it the vector of maps of differences, depends on x - y alone.
  bool shift_invariant() const noexcept { return kernel_.shift_invariant; }

  /// Writes x~ (dim numbers) and returns the log-factor. `x` is contiguous.
  double place(Side side, const double* x, double* out) const;

  /// Writes x in the kernel's standard form, without the spec's transform.
  void transform(const double* x, double* out) const { kernel_.transform.apply(x, out); }

  /// s = |x~ -+ y~|^2, from differences taken before any scaling where only these matter.
  double square(const double* x, const double* y) const;

  /// The squares (x~ -+ y~)_l^2, whose sum s is.
  std::vector<double> squares(const double* x, const double* y) const;

  /// log k(x, y) from the inputs themselves, without the cancellation of a(x) + b(y) -+ s / 2.
  double log_kernel(const double* x, const double* y) const;

  /// log (k(x, y) / U) at s: -+ s / 2, or the logarithm of a kernel whose frequencies are not
  /// normal.
  double log_ratio(double s) const;

 private:
  /// |A (x - y)|^2
  double squared_difference(const double* x, const double* y) const;
  /// log k of a kernel of differences.
  double log_difference_kernel(double square) const;

  Index dim_;
  RowLaw law_;
  StandardForm kernel_;
  double norm_weight_;
  PairTerms<double> terms_;
};

/// |x + sign y|^2.
double squared_distance(const double* x, double sign, const double* y, Index dim) noexcept;

}  // namespace bochner::estimator
