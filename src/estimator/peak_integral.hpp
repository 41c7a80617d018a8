// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

/// \file
/// Laplace's integrals at a cost that does not depend on how sharp their peak is.

namespace bochner::estimator {

/// An interval, where a function has its maximum on it, and about how far from there it has fallen
/// to e^{-1/2} of the peak.
struct Peak {
  long double low;
  long double high;
  long double place;
  long double width;
};

/// log of the integral of e^g over the interval, e^g analytic on it with one maximum.
/// Gauss-Legendre over where e^g is more than e^{-46} of its peak, two panels of thirty nodes on
/// either side: relative accuracy 1e-16 times the size of the terms that g is made of.
template <class G>
long double log_peak_integral(const Peak& peak, const G& g) {
  using Rule = boost::math::quadrature::gauss<long double, 30>;
  constexpr long double kNothing = -46;
  const long double top = g(peak.place);
  long double sum = 0;
  const auto add_panel = [&](long double from, long double to) {
    const long double centre = (from + to) / 2;
    const long double radius = std::abs(to - from) / 2;
    for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
      for (const long double side : {-1.0L, 1.0L}) {
        sum += radius * Rule::weights()[i] *
               std::exp(g(centre + side * radius * Rule::abscissa()[i]) - top);
      }
    }
  };
  for (const long double end : {peak.low, peak.high}) {
    const long double room = std::abs(end - peak.place);
    if (room == 0) continue;
    const long double sign = end > peak.place ? 1 : -1;
    long double reach = std::min(6 * peak.width, room);
    while (reach < room && g(peak.place + sign * reach) - top > kNothing) {
      reach = std::min(reach * 5 / 4, room);
    }
    const long double middle = peak.place + sign * reach / 2;
    add_panel(peak.place, middle);
    add_panel(middle, peak.place + sign * reach);
  }
  return top + std::log(sum);
}

}  // namespace bochner::estimator
