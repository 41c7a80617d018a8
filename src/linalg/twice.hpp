// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bochner/core/view.hpp"

#include <cmath>

/// \file
/// Sums of products in twice the working precision.

namespace bochner::linalg {

/// high + low: about 106 bits of a number.
struct Twice {
  double high = 0.0;
  double low = 0.0;
};

/// a b, exactly, as long as it neither overflows nor underflows.
inline Twice exact_product(double a, double b) noexcept {
  const double high = a * b;
  return {high, std::fma(a, b, -high)};
}

/// sum += a b [Ogita05, algorithm 5.3].
inline void add_product(Twice& sum, double a, double b) noexcept {
  const Twice product = exact_product(a, b);
  const double high = sum.high + product.high;
  const double taken = high - sum.high;
  const double lost = (sum.high - (high - taken)) + (product.high - taken);
  sum.high = high;
  sum.low += lost + product.low;
}

/// The same number with |low| at most half an ulp of high.
inline Twice normalised(Twice sum) noexcept {
  const double high = sum.high + sum.low;
  return {high, sum.low - (high - sum.high)};
}

/// A vector of such numbers.
struct TwiceVector {
  const double* high;
  const double* low;
};

/// a.b with an error of about eps |a.b| + n^2 eps^2 |a| |b|: as if in twice the precision.
inline double dot(TwiceVector a, TwiceVector b, Index n) noexcept {
  Twice sum;
  for (Index k = 0; k < n; ++k) {
    add_product(sum, a.high[k], b.high[k]);
    sum.low += a.high[k] * b.low[k] + a.low[k] * b.high[k];
  }
  return sum.high + sum.low;
}

}  // namespace bochner::linalg
