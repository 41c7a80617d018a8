// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/data_scale.hpp"

#include "bochner/core/error.hpp"
#include "bochner/random/stream.hpp"
#include "core/finite.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace bochner {
namespace {

constexpr Index kAllPairsUpTo = 2048;
constexpr std::uint64_t kSampledPairs = std::uint64_t{1} << 21;
constexpr Seed kPairSeed{0x6d656469616e};

double squared_distance(MatrixView<const double> x, Index i, Index j) {
  double sum = 0.0;
  for (Index k = 0; k < x.cols; ++k) {
    const double difference = x(i, k) - x(j, k);
    sum += difference * difference;
  }
  return sum;
}

std::vector<double> all_pairs(MatrixView<const double> x) {
  std::vector<double> squares;
  squares.reserve(static_cast<std::size_t>(x.rows * (x.rows - 1) / 2));
  for (Index i = 1; i < x.rows; ++i) {
    for (Index j = 0; j < i; ++j) squares.push_back(squared_distance(x, i, j));
  }
  return squares;
}

std::vector<double> sampled_pairs(MatrixView<const double> x) {
  const Stream stream(kPairSeed, Purpose::study);
  const auto n = static_cast<double>(x.rows);
  std::vector<double> squares(kSampledPairs);
  for (std::uint64_t p = 0; p < kSampledPairs; ++p) {
    const auto i = static_cast<Index>(stream.uniform(2 * p) * n);
    const auto step = 1 + static_cast<Index>(stream.uniform(2 * p + 1) * (n - 1.0));
    squares[p] = squared_distance(x, i, (i + step) % x.rows);
  }
  return squares;
}

std::vector<double> column_means(MatrixView<const double> x) {
  std::vector<double> mean(static_cast<std::size_t>(x.cols), 0.0);
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) mean[static_cast<std::size_t>(k)] += x(i, k);
  }
  for (double& m : mean) m /= static_cast<double>(x.rows);
  return mean;
}

double mean_square(MatrixView<const double> x) {
  double sum = 0.0;
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) sum += x(i, k) * x(i, k);
  }
  return sum / static_cast<double>(x.rows);
}

}  // namespace

double median_lengthscale(MatrixView<const double> x) {
  if (x.rows < 2) {
    throw InvalidArgument("median_lengthscale: x has " + std::to_string(x.rows) +
                          " rows, expected at least 2");
  }
  require_finite("median_lengthscale", "x", x);
  std::vector<double> squares = x.rows <= kAllPairsUpTo ? all_pairs(x) : sampled_pairs(x);
  const auto middle = squares.begin() + static_cast<Index>(squares.size() / 2);
  std::nth_element(squares.begin(), middle, squares.end());
  if (*middle == 0.0) {
    throw InvalidArgument(
        "median_lengthscale: the median distance is 0: more than half of the pairs of rows are "
        "duplicates; give a lengthscale");
  }
  return std::sqrt(*middle);
}

double mean_square_sum(MatrixView<const double> x, MatrixView<const double> y) {
  if (x.rows < 1 || y.rows < 1 || x.cols != y.cols) {
    throw InvalidArgument("mean_square_sum: x is " + std::to_string(x.rows) + " x " +
                          std::to_string(x.cols) + " and y is " + std::to_string(y.rows) + " x " +
                          std::to_string(y.cols) + ", expected rows in both and equal columns");
  }
  require_finite("mean_square_sum", "x", x);
  require_finite("mean_square_sum", "y", y);
  const std::vector<double> mx = column_means(x);
  const std::vector<double> my = column_means(y);
  double sum = mean_square(x) + mean_square(y);
  for (std::size_t k = 0; k < mx.size(); ++k) sum += 2.0 * mx[k] * my[k];
  return std::max(sum, 0.0);
}

double softmax_scale_for(MatrixView<const double> x, MatrixView<const double> y, double target) {
  if (!(target > 0.0) || !std::isfinite(target)) {
    throw InvalidArgument("softmax_scale_for: target is " + text::number(target) +
                          ", expected a positive, finite number");
  }
  const double mean = mean_square_sum(x, y);
  if (mean == 0.0) {
    throw InvalidArgument("softmax_scale_for: every x_i + y_j is zero, so no scale reaches a mean");
  }
  return target / mean;
}

}  // namespace bochner
