// SPDX-License-Identifier: Apache-2.0
#include "estimator/block_spread.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace bochner::estimator {

BlockSpread block_spread(std::span<const double> rows, Index block_size) {
  const auto size = static_cast<std::size_t>(block_size);
  const std::size_t whole = rows.size() / size;
  const std::size_t rest = rows.size() % size;
  const auto count = static_cast<double>(rows.size());
  const auto mean_of = [](std::span<const double> part) {
    return std::accumulate(part.begin(), part.end(), 0.0) / static_cast<double>(part.size());
  };

  BlockSpread out;
  out.mean = mean_of(rows);
  out.blocks = static_cast<Index>(whole + (rest > 0 ? 1 : 0));
  out.degrees_of_freedom = count / static_cast<double>(size) - 1.0;
  out.variance = std::numeric_limits<double>::quiet_NaN();
  if (whole < 2) return out;

  const auto square = [&](std::span<const double> part) {
    const double deviation = mean_of(part) - out.mean;
    return deviation * deviation;
  };
  double whole_squares = 0.0;
  for (std::size_t b = 0; b < whole; ++b) whole_squares += square(rows.subspan(b * size, size));
  const auto blocks = static_cast<double>(whole);
  if (rest == 0) {
    out.variance = whole_squares / (blocks * (blocks - 1.0));
    return out;
  }
  const auto coefficient = [&](double weight) { return weight * weight / (1.0 - 2.0 * weight); };
  const double c = coefficient(static_cast<double>(size) / count);
  const double c_rest = coefficient(static_cast<double>(rest) / count);
  const double rest_square = square(rows.last(rest));
  out.variance = (c * whole_squares + c_rest * rest_square) / (1.0 + blocks * c + c_rest);
  return out;
}

}  // namespace bochner::estimator
