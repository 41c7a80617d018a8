// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <limits>

/// \file
/// Series in many digits, summed as they are written: slow, and obviously right.

namespace oracle {

template <unsigned Digits>
using Float = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<Digits>,
                                            boost::multiprecision::et_off>;

/// Sixty digits serve all sums of positive terms, and those that are at most one in all.
using Real = Float<60>;
/// Alternating series whose terms reach 10^100 keep a hundred of these.
using Wide = Float<200>;

/// Sum of the series with first term `term` and `ratio(k)` from term k to term k + 1.
template <class R, class Ratio>
R sum_series(R term, Ratio ratio) {
  R sum = term;
  R magnitude = abs(term);
  for (int k = 0;; ++k) {
    const R next = ratio(k);
    term *= next;
    sum += term;
    magnitude += abs(term);
    if (term == 0) return sum;
    if (abs(next) < 0.5 && abs(term) < magnitude * std::numeric_limits<R>::epsilon()) return sum;
  }
}

/// M(d; d/2; x): the defining series for x >= 0, exp(x) M(-d/2; d/2; -x) for x < 0, where the terms
/// of the former cancel.
template <class R>
R kummer(double d, const R& x) {
  const R n = R(d) / 2;
  if (x >= 0) {
    return sum_series(R(1), [&](int k) -> R { return (d + k) * x / ((n + k) * (k + 1)); });
  }
  return sum_series<R>(exp(x), [&](int k) -> R { return (n - k) * x / ((n + k) * (k + 1)); });
}

/// 0F1(; d/2; x).
template <class R>
R sphere_mean(double d, const R& x) {
  const R n = R(d) / 2;
  return sum_series(R(1), [&](int k) -> R { return x / ((n + k) * (k + 1)); });
}

/// |computed / exact - 1|.
template <class R>
double relative_error(double computed, const R& exact) {
  return static_cast<double>(R(abs(R(computed) / exact - 1)));
}

}  // namespace oracle
