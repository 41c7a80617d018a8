// SPDX-License-Identifier: Apache-2.0
#include "bochner/kernel/data_scale.hpp"

#include "bochner/kernel/options.hpp"
#include "bochner/random/stream.hpp"
#include "core/door.hpp"
#include "kernel/median_distance.hpp"
#include "kernel/metric_transform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace bochner {
namespace {

constexpr Index kAllPairsUpTo = 2048;
constexpr std::uint64_t kSampledPairs = std::uint64_t{1} << 21;
constexpr Seed kPairSeed{0x6d656469616e};

/// a - b; 0 where they are neighbouring numbers, whose difference is rounding and no distance.
template <Scalar T>
double difference(T a, T b) {
  const double d = static_cast<double>(a) - static_cast<double>(b);
  const double larger =
      std::max(std::abs(static_cast<double>(a)), std::abs(static_cast<double>(b)));
  return std::abs(d) <= std::numeric_limits<T>::epsilon() * larger ? 0.0 : d;
}

/// |x_i - x_j| where the squares leave the range of double.
template <Scalar T>
double scaled_distance(MatrixView<const T> x, Index i, Index j) {
  double largest = 0.0;
  const auto half = [&](Index k) {
    return 0.5 * static_cast<double>(x(i, k)) - 0.5 * static_cast<double>(x(j, k));
  };
  for (Index k = 0; k < x.cols; ++k) {
    if (difference(x(i, k), x(j, k)) != 0.0) largest = std::max(largest, std::abs(half(k)));
  }
  if (largest == 0.0) return 0.0;
  double sum = 0.0;
  for (Index k = 0; k < x.cols; ++k) {
    if (difference(x(i, k), x(j, k)) != 0.0) sum += half(k) / largest * (half(k) / largest);
  }
  return 2.0 * (largest * std::sqrt(sum));
}

template <Scalar T>
double distance(MatrixView<const T> x, Index i, Index j) {
  constexpr double kLeast = 1e-280;  // squares below this are not exact
  constexpr double kMost = 1e300;
  double sum = 0.0;
  for (Index k = 0; k < x.cols; ++k) {
    const double d = difference(x(i, k), x(j, k));
    sum += d * d;
  }
  return sum >= kLeast && sum <= kMost ? std::sqrt(sum) : scaled_distance(x, i, j);
}

template <Scalar T>
std::vector<double> all_pairs(MatrixView<const T> x) {
  std::vector<double> distances;
  distances.reserve(static_cast<std::size_t>(x.rows * (x.rows - 1) / 2));
  for (Index i = 1; i < x.rows; ++i) {
    for (Index j = 0; j < i; ++j) distances.push_back(distance(x, i, j));
  }
  return distances;
}

template <Scalar T>
std::vector<double> sampled_pairs(MatrixView<const T> x) {
  const Stream stream(kPairSeed, Purpose::study);
  const auto n = static_cast<double>(x.rows);
  std::vector<double> distances(kSampledPairs);
  for (std::uint64_t p = 0; p < kSampledPairs; ++p) {
    const auto i = static_cast<Index>(stream.uniform(2 * p) * n);
    const auto step = 1 + static_cast<Index>(stream.uniform(2 * p + 1) * (n - 1.0));
    distances[p] = distance(x, i, (i + step) % x.rows);
  }
  return distances;
}

/// The upper median: the first value below which, itself included, is more than half.
double median_of(std::vector<double> distances) {
  const auto middle = distances.begin() + static_cast<Index>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  return *middle;
}

struct WeightedDistance {
  double distance, weight;
};

/// The same of weights, where some more have the value 0.
double median_of(std::vector<WeightedDistance> pairs, double weight_of_zero) {
  std::sort(pairs.begin(), pairs.end(), [](const WeightedDistance& a, const WeightedDistance& b) {
    return a.distance < b.distance;
  });
  double total = weight_of_zero;
  for (const WeightedDistance& pair : pairs) total += pair.weight;
  double below = weight_of_zero;
  if (below > 0.5 * total) return 0.0;
  for (const WeightedDistance& pair : pairs) {
    below += pair.weight;
    if (below > 0.5 * total) return pair.distance;
  }
  return pairs.back().distance;
}

/// None, or one per row, at least one of them positive and none too large for a sum.
void require_weights(const Door& door, std::span<const double> weights, Index rows) {
  if (weights.empty()) return;
  door.entries("weights", std::ssize(weights), rows, "one per row").finite("weights", weights);
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    door.not_negative("weights[" + std::to_string(i) + "]", weights[i]);
    sum += weights[i];
  }
  door.positive("the sum of the weights", sum);
}

/// Rows of positive weight, and their weights times a power of two that makes the largest about
/// one: products are exact where the weights are whole.
struct Copies {
  std::vector<Index> rows{};
  std::vector<double> weights{};
  double of_one_row = 0.0;  ///< pairs of copies of one row

  explicit Copies(std::span<const double> all) {
    const int exponent = -std::ilogb(*std::max_element(all.begin(), all.end()));
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i] == 0.0) continue;
      const double weight = std::ldexp(all[i], exponent);
      rows.push_back(static_cast<Index>(i));
      weights.push_back(weight);
      if (all[i] > 1.0) of_one_row += 0.5 * weight * std::ldexp(all[i] - 1.0, exponent);
    }
  }
};

template <Scalar T>
double median_of_all_pairs(MatrixView<const T> x, const Copies& copies) {
  std::vector<WeightedDistance> pairs;
  const std::size_t n = copies.rows.size();
  pairs.reserve(n * (n - 1) / 2);
  for (std::size_t i = 1; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      pairs.push_back(
          {distance(x, copies.rows[i], copies.rows[j]), copies.weights[i] * copies.weights[j]});
    }
  }
  return median_of(std::move(pairs), copies.of_one_row);
}

/// The first row is drawn by its weight, the second, another one, by its own: a pair that counts
/// W - w_i, W the sum, counts w_i w_j on average.
template <Scalar T>
double median_of_sampled_pairs(MatrixView<const T> x, const Copies& copies) {
  std::vector<double> ends;  // of the rows' stretches of [0, W)
  double sum = 0.0;
  double of_different_rows = 0.0;
  for (const double weight : copies.weights) {
    of_different_rows += weight * sum;
    ends.push_back(sum += weight);
  }
  const auto row_at = [&](double place) {
    const auto found = std::upper_bound(ends.begin(), ends.end(), place);
    return std::min<Index>(found - ends.begin(), std::ssize(ends) - 1);
  };
  const Stream stream(kPairSeed, Purpose::study);
  std::vector<WeightedDistance> pairs(kSampledPairs);
  double drawn = 0.0;
  for (std::uint64_t p = 0; p < kSampledPairs; ++p) {
    const Index i = row_at(stream.uniform(2 * p) * sum);
    const auto at = static_cast<std::size_t>(i);
    const double others = sum - copies.weights[at];
    const double beyond = ends[at] + stream.uniform(2 * p + 1) * others;
    const Index j = row_at(beyond < sum ? beyond : beyond - sum);
    pairs[p] = {distance(x, copies.rows[at], copies.rows[static_cast<std::size_t>(j)]), others};
    drawn += others;
  }
  return median_of(std::move(pairs), copies.of_one_row * (drawn / of_different_rows));
}

template <Scalar T>
double weighted_median(const Door& door, MatrixView<const T> x, std::span<const double> weights) {
  require_weights(door, weights, x.rows);
  const Copies copies(weights);
  const Index rows = std::ssize(copies.rows);
  door.at_least("the number of rows of positive weight", rows, 2);
  return rows <= kAllPairsUpTo ? median_of_all_pairs(x, copies)
                               : median_of_sampled_pairs(x, copies);
}

template <Scalar T>
double unweighted_median(MatrixView<const T> x) {
  return x.rows <= kAllPairsUpTo ? median_of(all_pairs(x)) : median_of(sampled_pairs(x));
}

template <Scalar T>
double median_distance(MatrixView<const T> x, std::span<const double> weights) {
  constexpr Door kDoor("median_lengthscale");
  kDoor.at_least("the number of rows of x", x.rows, 2)
      .at_least("the number of columns of x", x.cols, 1)
      .finite("x", x);
  const double median = weights.empty() ? unweighted_median(x) : weighted_median(kDoor, x, weights);
  if (median == 0.0) {
    kDoor.refuse(
        "the median distance is 0: more than half of the pairs of rows are duplicates up to "
        "rounding; give a lengthscale");
  }
  if (std::isinf(median)) kDoor.refuse("the median distance overflows; scale the inputs down");
  return median;
}

/// value 4^half_exponent
struct ScaledSquare {
  double value = 0.0;
  int half_exponent = 0;
};

double largest_entry(MatrixView<const double> x) {
  double largest = 0.0;
  for (Index i = 0; i < x.rows; ++i) {
    for (Index k = 0; k < x.cols; ++k) largest = std::max(largest, std::abs(x(i, k)));
  }
  return largest;
}

/// A column times `unit`: its first entry, and the mean and variance of what others are beyond it.
struct Column {
  double first, mean, variance;
};

/// Rows count alike where there are no `weights`.
Column column_of(MatrixView<const double> x, std::span<const double> weights, Index k,
                 double unit) {
  Column out{unit * x(0, k), 0.0, 0.0};
  const auto beyond = [&](Index i) { return difference(unit * x(i, k), out.first); };
  const auto weight = [&](Index i) {
    return weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
  };
  double sum = 0.0;
  for (Index i = 0; i < x.rows; ++i) sum += weight(i);
  for (Index i = 0; i < x.rows; ++i) out.mean += weight(i) * beyond(i);
  out.mean /= sum;
  for (Index i = 0; i < x.rows; ++i) {
    out.variance += weight(i) * (beyond(i) - out.mean) * (beyond(i) - out.mean);
  }
  out.variance /= sum;
  return out;
}

/// The mean of |x_i + y_j|^2 is |mean x + mean y|^2 and the variances: nothing that cancels.
/// `weights`, if any, are of the rows of either.
ScaledSquare scaled_mean_square_sum(const Door& door, MatrixView<const double> x,
                                    MatrixView<const double> y,
                                    std::span<const double> weights = {}) {
  door.at_least("the number of rows of x", x.rows, 1)
      .at_least("the number of rows of y", y.rows, 1)
      .columns("y", y, x.cols, "the columns of x")
      .finite("x", x)
      .finite("y", y);
  const double largest = std::max(largest_entry(x), largest_entry(y));
  if (largest == 0.0) return {};
  ScaledSquare out{0.0, std::clamp(std::ilogb(largest), -1000, 1000)};
  const double unit = std::ldexp(1.0, -out.half_exponent);
  for (Index k = 0; k < x.cols; ++k) {
    const Column a = column_of(x, weights, k, unit);
    const Column b = column_of(y, weights, k, unit);
    const double mean = difference(a.first, -b.first) + (a.mean + b.mean);
    out.value += mean * mean + a.variance + b.variance;
  }
  return out;
}

double softmax_scale(MatrixView<const double> x, MatrixView<const double> y, double target,
                     std::span<const double> weights = {}) {
  constexpr Door kDoor("softmax_scale_for");
  kDoor.positive("target", target);
  const ScaledSquare mean = scaled_mean_square_sum(kDoor, x, y, weights);
  if (mean.value == 0.0) kDoor.refuse("every x_i + y_j is zero, so no scale reaches a mean");
  const double scale = std::ldexp(target / mean.value, -2 * mean.half_exponent);
  if (!std::isnormal(scale)) {
    kDoor.refuse("the scale leaves the range of double; scale the inputs");
  }
  return scale;
}

}  // namespace

double kernels::median_distance(MatrixView<const double> x) { return unweighted_median(x); }

double median_lengthscale(MatrixView<const double> x, std::span<const double> weights) {
  return median_distance(x, weights);
}
double median_lengthscale(MatrixView<const float> x, std::span<const double> weights) {
  return median_distance(x, weights);
}

double mean_square_sum(MatrixView<const double> x, MatrixView<const double> y) {
  constexpr Door kDoor("mean_square_sum");
  const ScaledSquare mean = scaled_mean_square_sum(kDoor, x, y);
  const double out = std::ldexp(mean.value, 2 * mean.half_exponent);
  if (std::isinf(out) || (out == 0.0 && mean.value > 0.0)) {
    const double digits = std::log10(mean.value) + 2.0 * std::log10(2.0) * mean.half_exponent;
    kDoor.refuse("the mean of |x + y|^2 is about 10^" + std::to_string(static_cast<int>(digits)) +
                 ", beyond the range of double; scale the inputs");
  }
  return out;
}

double softmax_scale_for(MatrixView<const double> x, MatrixView<const double> y, double target) {
  return softmax_scale(x, y, target);
}

void MedianScale::set(Kernel& kernel, MatrixView<const double> rows,
                      std::span<const double> weights) const {
  if (Metric* const metric = lengthscales_of(kernel)) {
    *metric = Isotropic{median_lengthscale(rows, weights)};
  }
}

void DimensionScale::set(Kernel& kernel, MatrixView<const double> rows,
                         std::span<const double> /*weights*/) const {
  if (double* const scale = dot_scale_of(kernel)) {
    *scale = SoftmaxKernel::for_dimension(rows.cols).scale;
  }
}

void MeanSquareSumScale::set(Kernel& kernel, MatrixView<const double> rows,
                             std::span<const double> weights) const {
  if (double* const scale = dot_scale_of(kernel)) {
    const Matrix<double> in_metric =
        kernels::transform_of(*metric_of(kernel), rows.cols, "MeanSquareSumScale").rows(rows);
    *scale = softmax_scale(in_metric.view(), in_metric.view(), target, weights);
  }
}

Kernel with_scale(Kernel kernel, const ScaleRule& rule, MatrixView<const double> rows,
                  std::span<const double> weights) {
  require_weights(Door("with_scale"), weights, rows.rows);
  std::visit([&](const auto& r) { r.set(kernel, rows, weights); }, rule);
  return kernel;
}

}  // namespace bochner
