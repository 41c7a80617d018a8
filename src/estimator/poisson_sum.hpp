// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

/// \file
/// Means over a Poisson number: the form that the moments of orthogonal and of constant-radius rows
/// take when what independent normal rows give is divided out.
///
/// A sequence c_0, c_1, ... is an object with `value()` (c_k for the current k, 0 at first),
/// `advance(k)` (from c_k to c_{k+1}) and `settled()` (all further values are one to working
/// accuracy). Values are in [0, 1] and non-decreasing up to rounding.

namespace bochner::estimator {

/// E c_K for K ~ Poisson(mean). No cancellation: relative accuracy a few times that of double. For
/// sequences that settle; costs the steps until they do, at most O(mean).
template <class Sequence>
double poisson_mean(double mean, Sequence sequence) {
  // Ten standard deviations on either side hold all but e^{-45}. Weights start from one there; only
  // their ratios matter.
  const double first = std::max(0.0, std::floor(mean - 10.0 * std::sqrt(mean) - 10.0));
  for (double k = 0.0; k < first; k += 1.0) {
    if (sequence.settled()) return 1.0;
    sequence.advance(k);
  }
  double weight = 1.0;
  double total = 0.0;
  double sum = 0.0;
  for (double k = first;; k += 1.0) {
    total += weight;
    sum += weight * sequence.value();
    const double ratio = mean / (k + 1.0);
    // The tail behind k is at most weight * ratio / (1 - ratio), and c is at most one.
    if (ratio < 0.5 && weight * ratio < 1e-18 * sum) break;
    if (sum == 0.0 && (mean == 0.0 || weight * ratio == 0.0)) break;
    sequence.advance(k);
    weight *= ratio;
  }
  return sum / total;
}

/// E (-1)^K c_K for K ~ Poisson(mean), mean up to 10^4. Absolute accuracy a few times that of Real,
/// times E c_K.
template <class Real, class Sequence>
Real alternating_poisson_mean(Real mean, Sequence sequence) {
  Real weight = std::exp(-mean);
  Real sign = 1;
  Real sum = 0;
  Real magnitude = 0;
  for (Real k = 0;; k += 1) {
    const Real term = weight * sequence.value();
    sum += sign * term;
    sign = -sign;
    magnitude += term;
    const Real ratio = mean / (k + 1);
    if (ratio < Real{0.5} && weight * ratio <= std::numeric_limits<Real>::epsilon() * magnitude) {
      break;
    }
    if (weight == 0) break;
    sequence.advance(k);
    weight *= ratio;
  }
  return sum;
}

}  // namespace bochner::estimator
